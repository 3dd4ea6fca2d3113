"""docker-compose.yml agrees with the code: commands, ports, variables, files, order of start."""

import re
from typing import Any

import pytest

from shared.settings import Settings
from tests.deploy.checkout import ROOT, commands, setting_variables, text, yaml_of

COMPOSE: dict[str, Any] = yaml_of("docker-compose.yml")
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("steward")}
WORKERS = ("ingest", "health", "playbooks", "api")
NOT_THE_OPERATORS = {
    "STEWARD_DATA_DIR": "of the embedded database; here PostgreSQL has a container of its own",
    "STEWARD_API_HOST": "the image's: the port is published from within the container",
    "STEWARD_API_PORT": "the image's: publishing and the health check name it",
    "STEWARD_OPS_HOST": "the image's: the health check and Prometheus ask there",
    "STEWARD_OPS_PORT": "the image's: the health check and Prometheus name it",
}
"""Settings that an operator does not make for these containers, each with the reason."""


def variables_of_the_image() -> dict[str, str]:
    return dict(re.findall(r"\b(STEWARD_\w+)=(\S+)", text("deploy/Dockerfile")))


def default(value: str) -> str:
    """What Compose makes of `${NAME:-default}` in an empty environment."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


def test_all_that_the_product_consists_of_is_there() -> None:
    assert set(SERVICES) == {"postgres", "kafka", "migrate", "topics", *WORKERS, "prometheus", "grafana"}
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["kafka"]["image"] == "apache/kafka:4.4.0"


def test_all_of_ours_run_from_one_image() -> None:
    assert set(OURS) == {"migrate", "topics", *WORKERS}
    assert len({service["image"] for service in OURS.values()}) == 1
    for service in OURS.values():
        build = service["build"]
        assert (ROOT / build["context"] / build["dockerfile"]).is_file()


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_is_one_that_the_command_line_knows(name: str) -> None:
    program, *command = OURS[name]["command"]
    assert program == "steward"
    assert tuple(command) in commands()


def test_each_service_runs_the_command_of_its_name() -> None:
    assert {name: OURS[name]["command"][1:] for name in WORKERS} == {name: [name] for name in WORKERS}
    assert OURS["migrate"]["command"][1:] == ["migrate"]
    assert OURS["topics"]["command"][1:] == ["topics", "create"]


def test_every_variable_of_ours_is_a_setting() -> None:
    named = {v for service in OURS.values() for v in service["environment"] if v.startswith("STEWARD_")}
    named |= set(re.findall(r"\$\{(STEWARD_\w+)", text("docker-compose.yml")))
    named |= variables_of_the_image().keys()
    assert named <= setting_variables()


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_setting_that_an_operator_may_make_reaches_the_containers(name: str) -> None:
    assert setting_variables() - OURS[name]["environment"].keys() == NOT_THE_OPERATORS.keys()


def test_what_an_operator_does_not_make_has_a_value_in_the_image() -> None:
    assert NOT_THE_OPERATORS.keys() == variables_of_the_image().keys()


def test_the_values_of_the_variables_are_valid_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in variables_of_the_image().items():
        monkeypatch.setenv(variable, value)
    for variable, value in OURS["api"]["environment"].items():
        if value is not None:
            monkeypatch.setenv(variable, default(value))
    settings = Settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://steward:change-me@postgres:5432/steward"
    assert settings.kafka_bootstrap == "kafka:19092"
    assert settings.slack_webhook_url is None
    assert (settings.api_port, settings.ops_port) == (8420, 8421)
    assert settings.ops_host == settings.api_host == "0.0.0.0"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_only_loopback_ports_are_published(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


def test_the_published_ports_are_the_ones_that_are_listened_on() -> None:
    image = variables_of_the_image()
    assert SERVICES["api"]["ports"] == [f"127.0.0.1:{image['STEWARD_API_PORT']}:{image['STEWARD_API_PORT']}"]
    assert "127.0.0.1:9092" in SERVICES["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    exposed = re.search(r"^EXPOSE (.*)$", text("deploy/Dockerfile"), re.M)
    assert exposed is not None
    assert set(exposed[1].split()) == {image["STEWARD_API_PORT"], image["STEWARD_OPS_PORT"]}


@pytest.mark.parametrize("name", WORKERS)
def test_each_service_is_asked_on_its_own_port_for_what_a_restart_can_mend(name: str) -> None:
    """Not whether it is ready: health is not while it closes days, and would begin anew."""
    port, route = ("STEWARD_API_PORT", "readyz") if name == "api" else ("STEWARD_OPS_PORT", "livez")
    assert f"http://127.0.0.1:{variables_of_the_image()[port]}/{route}" in OURS[name]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", ["postgres", "kafka", "prometheus", "grafana"])
def test_the_others_are_watched_as_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", WORKERS)
def test_services_start_when_schema_and_topics_are_there(name: str) -> None:
    done = "service_completed_successfully"
    assert OURS[name]["depends_on"] == {"migrate": {"condition": done}, "topics": {"condition": done}}
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert SERVICES["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}


def test_one_shots_are_not_started_again() -> None:
    assert {name for name, service in SERVICES.items() if service["restart"] == "no"} == {"migrate", "topics"}


def test_kafka_advertises_what_its_clients_are_told() -> None:
    kafka = SERVICES["kafka"]["environment"]
    inside = OURS["api"]["environment"]["STEWARD_KAFKA_BOOTSTRAP"]
    assert f"INSIDE://{inside}" in kafka["KAFKA_ADVERTISED_LISTENERS"].split(",")
    assert inside in SERVICES["kafka"]["healthcheck"]["test"]
    voter = kafka["KAFKA_CONTROLLER_QUORUM_VOTERS"]
    assert voter.startswith(f"{kafka['KAFKA_NODE_ID']}@kafka:")
    assert f"CONTROLLER://:{voter.rpartition(':')[2]}" in kafka["KAFKA_LISTENERS"].split(",")


def test_every_password_comes_from_outside() -> None:
    for name, service in SERVICES.items():
        for variable, value in (service.get("environment") or {}).items():
            if value is not None and re.search(r"PASSWORD|SECRET|TOKEN|WEBHOOK_URL|DATABASE_URL", variable):
                assert "${" in value, f"{name}: {variable}"
    assert "set POSTGRES_PASSWORD and GRAFANA_PASSWORD" in text("docker-compose.yml")


@pytest.mark.parametrize("name", sorted(OURS))
def test_ours_run_without_privileges(name: str) -> None:
    assert OURS[name]["read_only"] is True
    assert OURS[name]["cap_drop"] == ["ALL"]


def test_every_mounted_file_and_named_volume_exists() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).is_dir(), source
