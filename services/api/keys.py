"""API keys: `stw_<env>_<id>_<secret><crc>`. Pure.

The CRC lets a typo be told from a wrong key before the database is asked; only the SHA-256 of the secret is kept.
"""

import hashlib
import re
import secrets
import string
import zlib
from typing import NamedTuple

_BASE62 = string.digits + string.ascii_letters
_BASE36 = string.digits + string.ascii_lowercase
_SHAPE = re.compile(r"(stw_(dev|test|live)_([0-9a-z]{10})_([0-9A-Za-z]{32}))([0-9A-Za-z]{6})")


class Key(NamedTuple):
    """A key as its owner holds it. The secret has 190 bits."""

    env: str
    id: str
    secret: str

    @property
    def text(self) -> str:
        """The key in full. Shown once, to whoever made it."""
        body = f"stw_{self.env}_{self.id}_{self.secret}"
        return body + _crc(body)

    @property
    def sha256(self) -> bytes:
        """What is stored of the secret."""
        return hashlib.sha256(self.secret.encode()).digest()


def new_key(env: str) -> Key:
    """A key that nobody has."""
    return Key(env, _draw(_BASE36, 10), _draw(_BASE62, 32))


def read_key(text: str) -> Key | None:
    """The key out of its text; None if its shape or its CRC is wrong."""
    match = _SHAPE.fullmatch(text)
    if match is None or _crc(match[1]) != match[5]:
        return None
    return Key(match[2], match[3], match[4])


def token_sha256(token: str) -> bytes:
    """What is stored of a sign-in link's or a session's token."""
    return hashlib.sha256(token.encode()).digest()


def csrf_token(session: str) -> str:
    """What a form of this session must carry: nobody can make it who cannot read the cookie."""
    return hashlib.sha256(b"csrf:" + session.encode()).hexdigest()[:32]


def _draw(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _crc(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
