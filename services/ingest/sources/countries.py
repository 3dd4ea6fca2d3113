"""Countries by the names that people give them in a CRM. Pure. Codes: ISO 3166-1 alpha-2."""

import unicodedata
from functools import lru_cache

_NAMES = """
AD Andorra; AE United Arab Emirates|UAE; AF Afghanistan; AG Antigua & Barbuda; AI Anguilla; AL Albania; AM Armenia;
AO Angola; AQ Antarctica; AR Argentina; AS American Samoa; AT Austria|Österreich; AU Australia; AW Aruba;
AX Åland Islands|Aland Islands; AZ Azerbaijan; BA Bosnia & Herzegovina; BB Barbados; BD Bangladesh; BE Belgium;
BF Burkina Faso; BG Bulgaria; BH Bahrain; BI Burundi; BJ Benin; BL St Barthélemy; BM Bermuda;
BN Brunei|Brunei Darussalam; BO Bolivia|Bolivia, Plurinational State of; BQ Caribbean Netherlands; BR Brazil|Brasil;
BS Bahamas; BT Bhutan; BV Bouvet Island; BW Botswana; BY Belarus; BZ Belize; CA Canada; CC Cocos Islands;
CD Democratic Republic of the Congo|Congo (Kinshasa)|DR Congo; CF Central African Republic;
CG Republic of the Congo|Congo; CH Switzerland|Schweiz|Suisse; CI Côte d'Ivoire|Cote d'Ivoire|Ivory Coast;
CK Cook Islands; CL Chile; CM Cameroon; CN China|PRC|People's Republic of China; CO Colombia; CR Costa Rica; CU Cuba;
CV Cape Verde|Cabo Verde; CW Curaçao|Curacao; CX Christmas Island; CY Cyprus; CZ Czechia|Czech Republic;
DE Germany|Deutschland; DJ Djibouti; DK Denmark; DM Dominica; DO Dominican Republic; DZ Algeria; EC Ecuador;
EE Estonia; EG Egypt; EH Western Sahara; ER Eritrea; ES Spain|España; ET Ethiopia; FI Finland; FJ Fiji;
FK Falkland Islands; FM Micronesia; FO Faroe Islands; FR France; GA Gabon;
GB United Kingdom|UK|Great Britain|England|Scotland|Wales|Northern Ireland; GD Grenada; GE Georgia; GF French Guiana;
GG Guernsey; GH Ghana; GI Gibraltar; GL Greenland; GM Gambia; GN Guinea; GP Guadeloupe; GQ Equatorial Guinea;
GR Greece; GS South Georgia & the South Sandwich Islands; GT Guatemala; GU Guam; GW Guinea-Bissau; GY Guyana;
HK Hong Kong|Hong Kong SAR; HM Heard Island & McDonald Islands; HN Honduras; HR Croatia; HT Haiti; HU Hungary;
ID Indonesia; IE Ireland; IL Israel; IM Isle of Man; IN India; IO British Indian Ocean Territory; IQ Iraq;
IR Iran|Iran, Islamic Republic of; IS Iceland; IT Italy|Italia; JE Jersey; JM Jamaica; JO Jordan; JP Japan; KE Kenya;
KG Kyrgyzstan; KH Cambodia; KI Kiribati; KM Comoros; KN St Kitts & Nevis; KP North Korea;
KR South Korea|Korea, Republic of|Republic of Korea|Korea; KW Kuwait; KY Cayman Islands; KZ Kazakhstan;
LA Laos|Lao People's Democratic Republic; LB Lebanon; LC St Lucia; LI Liechtenstein; LK Sri Lanka; LR Liberia;
LS Lesotho; LT Lithuania; LU Luxembourg; LV Latvia; LY Libya; MA Morocco; MC Monaco; MD Moldova|Moldova, Republic of;
ME Montenegro; MF Saint Martin; MG Madagascar; MH Marshall Islands; MK North Macedonia|Macedonia; ML Mali;
MM Myanmar|Burma; MN Mongolia; MO Macau|Macao; MP Northern Mariana Islands; MQ Martinique; MR Mauritania;
MS Montserrat; MT Malta; MU Mauritius; MV Maldives; MW Malawi; MX Mexico|México; MY Malaysia; MZ Mozambique;
NA Namibia; NC New Caledonia; NE Niger; NF Norfolk Island; NG Nigeria; NI Nicaragua;
NL Netherlands|The Netherlands|Holland; NO Norway; NP Nepal; NR Nauru; NU Niue; NZ New Zealand; OM Oman; PA Panama;
PE Peru; PF French Polynesia; PG Papua New Guinea; PH Philippines; PK Pakistan; PL Poland; PM St Pierre & Miquelon;
PN Pitcairn; PR Puerto Rico; PS Palestine|Palestine, State of; PT Portugal; PW Palau; PY Paraguay; QA Qatar;
RE Réunion|Reunion; RO Romania; RS Serbia; RU Russia|Russian Federation; RW Rwanda; SA Saudi Arabia;
SB Solomon Islands; SC Seychelles; SD Sudan; SE Sweden; SG Singapore; SH St Helena; SI Slovenia;
SJ Svalbard & Jan Mayen; SK Slovakia; SL Sierra Leone; SM San Marino; SN Senegal; SO Somalia; SR Suriname;
SS South Sudan; ST Sao Tome & Principe; SV El Salvador; SX Sint Maarten; SY Syria|Syrian Arab Republic;
SZ Eswatini|Swaziland; TC Turks & Caicos Islands; TD Chad; TF French Southern Territories; TG Togo; TH Thailand;
TJ Tajikistan; TK Tokelau; TL Timor-Leste|East Timor; TM Turkmenistan; TN Tunisia; TO Tonga;
TR Turkey|Türkiye|Turkiye; TT Trinidad & Tobago; TV Tuvalu; TW Taiwan|Taiwan, Province of China;
TZ Tanzania|Tanzania, United Republic of; UA Ukraine; UG Uganda; UM US minor outlying islands;
US United States|USA|US|U.S.|U.S.A.|United States of America|America; UY Uruguay; UZ Uzbekistan;
VA Vatican City|Holy See; VC St Vincent & the Grenadines; VE Venezuela|Venezuela, Bolivarian Republic of;
VG British Virgin Islands; VI US Virgin Islands; VN Vietnam|Viet Nam; VU Vanuatu; WF Wallis & Futuna; WS Samoa;
YE Yemen; YT Mayotte; ZA South Africa; ZM Zambia; ZW Zimbabwe
"""
"""Code, name, and after each | another name that is common."""


def _plain(name: str) -> str:
    """Without accents, case, full stops, articles, and with one way to write "and" and "saint"."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = letters.replace(".", "").replace("&", " and ").replace("'", "").split()
    return " ".join("st" if word == "saint" else word for word in words if word != "the")


_CODES = {
    _plain(name): entry[:2]
    for entry in " ".join(_NAMES.split()).split("; ")
    for name in (entry[:2], *entry[3:].split("|"))
}


@lru_cache(maxsize=1_024)
def country_code(written: str) -> str | None:
    """The code of a country that is written as a code or as an English name; None where it is neither."""
    return _CODES.get(_plain(written))
