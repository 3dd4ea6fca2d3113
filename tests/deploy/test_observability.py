"""Alert rules and the dashboard ask for metrics and labels that exist and are set, and every alert has a runbook."""

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
from prometheus_client import REGISTRY

from shared import metrics
from tests.deploy.checkout import ROOT, text, yaml_of

PROMETHEUS = yaml_of("deploy/prometheus/prometheus.yml")
ALERTS: list[dict[str, Any]] = yaml_of("deploy/prometheus/alerts.yml")["groups"][0]["rules"]
DASHBOARD = json.loads(text("deploy/grafana/dashboards/steward.json"))
OF_PROMETHEUS = {"up": {"job", "instance"}, "process_start_time_seconds": {"job", "instance"}}
SUFFIXES = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}


def known_metrics() -> dict[str, set[str]]:
    """Every time series of ours, with its labels."""
    known = dict(OF_PROMETHEUS)
    for metric in vars(metrics).values():
        if hasattr(metric, "_type") and hasattr(metric, "_labelnames"):
            for suffix in SUFFIXES[metric._type]:
                labels = {*metric._labelnames, "job", "instance", *(["le"] if suffix == "_bucket" else [])}
                known[metric._name + suffix] = labels
    return known


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries() -> Iterator[tuple[str, str]]:
    """(where, query) of all alerts and panels."""
    for alert in ALERTS:
        yield alert["alert"], alert["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def selectors(query: str) -> list[Any]:
    """What a query selects. Raises where Prometheus could not parse it."""
    tree = promql_parser.parse(query.replace("$__rate_interval", "1m").replace("$__range", "1h"))
    found: list[Any] = []
    promql_parser.walk(tree, lambda n: found.append(n) if isinstance(n, promql_parser.VectorSelector) else None)
    return found


@pytest.mark.parametrize(("where", "query"), list(queries()))
def test_every_query_names_metrics_and_labels_that_exist(where: str, query: str) -> None:
    known = known_metrics()
    for selector in selectors(query):
        assert selector.name in known, f"{where}: no such metric"
        labels = {matcher.name for matcher in selector.matchers.matchers}
        assert labels <= known[selector.name], f"{where}: no such label"


@pytest.mark.parametrize(("where", "query"), list(queries()))
def test_every_query_groups_by_labels_that_exist(where: str, query: str) -> None:
    available = set().union(*(known_metrics()[selector.name] for selector in selectors(query)))
    for group in re.findall(r"\bby \(([^)]*)\)", query):
        assert {label.strip() for label in group.split(",")} <= available, where


def declared() -> list[str]:
    return [name for name, metric in vars(metrics).items() if name.isupper() and hasattr(metric, "_type")]


@pytest.mark.parametrize("name", declared())
def test_every_metric_is_set_somewhere(name: str) -> None:
    sources = [path for top in ("shared", "services") for path in (ROOT / top).rglob("*.py")]
    touched = re.compile(rf"\b{name}\.(labels|inc|set|observe|clear|remove)\b")
    assert any(touched.search(path.read_text()) for path in sources if path.name != "metrics.py")


@pytest.mark.parametrize("name", declared())
def test_every_metric_says_what_it_means(name: str) -> None:
    doc = getattr(metrics, name)._documentation
    assert doc.endswith((".", "?"))
    assert len(doc) > 20


def test_metrics_of_ours_are_declared_in_one_place() -> None:
    declared_names = {getattr(metrics, name)._name for name in declared()}
    assert declared_names >= {family.name for family in REGISTRY.collect() if family.name.startswith("steward_")}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
def test_every_alert_has_a_runbook_and_a_severity(alert: dict[str, Any]) -> None:
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert anchor == alert["alert"].lower()
    assert re.search(rf"^### {alert['alert']}$", text(page), re.M)
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["for"]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
def test_an_alert_speaks_only_of_labels_that_its_query_keeps(alert: dict[str, Any]) -> None:
    spoken = set(re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"]))
    kept = {label.strip() for group in re.findall(r"\bby \(([^)]*)\)", alert["expr"]) for label in group.split(",")}
    if kept:
        assert spoken <= kept
    else:
        assert spoken <= OF_PROMETHEUS["up"]


def test_every_service_is_scraped_on_the_port_that_it_serves() -> None:
    image = dict(re.findall(r"\b(STEWARD_\w+)=(\S+)", text("deploy/Dockerfile")))
    scraped = {}
    for job in PROMETHEUS["scrape_configs"]:
        [where] = job["dns_sd_configs"]
        assert where["names"] == [job["job_name"]]
        scraped[job["job_name"]] = str(where["port"])
    ops = image["STEWARD_OPS_PORT"]
    assert scraped == {"ingest": ops, "health": ops, "playbooks": ops, "api": image["STEWARD_API_PORT"]}


def test_the_rule_files_exist() -> None:
    for path in PROMETHEUS["rule_files"]:
        assert (ROOT / "deploy/prometheus" / path).is_file()


def test_grafana_finds_its_source_and_its_dashboard() -> None:
    [source] = yaml_of("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"]
    [provider] = yaml_of("deploy/grafana/provisioning/dashboards/steward.yml")["providers"]
    grafana = yaml_of("docker-compose.yml")["services"]["grafana"]
    mounted = {volume.split(":")[1] for volume in grafana["volumes"]}
    assert source["url"] == "http://prometheus:9090"
    assert provider["options"]["path"] in mounted
    assert "/etc/grafana/provisioning" in mounted
    assert {target["datasource"]["uid"] for panel in panels() for target in panel["targets"]} == {source["uid"]}


def test_panels_have_titles_descriptions_and_ids_of_their_own() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    for panel in panels():
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]
