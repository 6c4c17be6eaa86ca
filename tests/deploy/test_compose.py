"""The container and the compose file: ports, paths, names and secrets that must agree, agree."""

import re
import tomllib
from pathlib import Path
from typing import TypedDict, cast

import pytest
import yaml

from gateway import __version__
from gateway.settings import load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


class Service(TypedDict, total=False):
    build: dict[str, str]
    image: str
    environment: dict[str, str]
    secrets: list[str]
    ports: list[str]
    volumes: list[str]
    networks: list[str]
    depends_on: list[str] | dict[str, object]
    security_opt: list[str]


class Compose(TypedDict):
    services: dict[str, Service]
    volumes: dict[str, None]
    networks: dict[str, dict[str, object]]
    secrets: dict[str, dict[str, str]]


COMPOSE = cast(Compose, yaml.safe_load((DEPLOY / "compose.yaml").read_text()))
SERVICES = COMPOSE["services"]
DIGEST = "@sha256:[0-9a-f]{64}"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
PROMETHEUS = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
DATASOURCE = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())
DASHBOARDS = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/meterpoort.yml").read_text())


def environment_of_the_image() -> dict[str, str]:
    return dict(re.findall(r"(METERPOORT_\w+)=(\S+)", DOCKERFILE))


@pytest.mark.parametrize("name", SERVICES)
class TestEachService:
    def test_names_volumes_networks_and_secrets_that_exist(self, name: str) -> None:
        service = SERVICES[name]
        assert set(service.get("networks", [])) <= COMPOSE["networks"].keys()
        assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
        assert set(service.get("depends_on", [])) <= SERVICES.keys()
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]

    def test_reads_secrets_from_files_it_is_given(self, name: str) -> None:
        service = SERVICES[name]
        for value in service.get("environment", {}).values():
            for secret in re.findall(r"/run/secrets/(\w+)", value):
                assert secret in service["secrets"]

    def test_is_pinned_and_gains_no_rights(self, name: str) -> None:
        service = SERVICES[name]
        digest = "" if "build" in service else DIGEST
        assert re.fullmatch(rf"[\w./-]+:v?\d[\w.-]*{digest}", service["image"])
        assert "no-new-privileges:true" in service["security_opt"]

    def test_is_reached_from_this_machine_alone(self, name: str) -> None:
        assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_the_gateway_starts_with_the_settings_it_is_given(tmp_path: Path) -> None:
    """What image and compose file set together is read by the gateway's own reader, which refuses what it does
    not know."""
    (tmp_path / "database_password").write_text("secret\n")
    given = environment_of_the_image() | SERVICES["gateway"]["environment"]
    given["METERPOORT_DATABASE__PASSWORD_FILE"] = str(tmp_path / "database_password")
    settings = load(None, given)
    database = SERVICES["postgresql"]["environment"]
    user, name = database["POSTGRES_USER"], database["POSTGRES_DB"]
    assert settings.database_url() == f"postgresql+psycopg://{user}:secret@postgresql:5432/{name}"
    assert settings.http.host == "0.0.0.0"  # noqa: S104 - inside the container


def test_gateway_and_database_read_the_same_password() -> None:
    secret = SERVICES["gateway"]["environment"]["METERPOORT_DATABASE__PASSWORD_FILE"]
    assert SERVICES["postgresql"]["environment"]["POSTGRES_PASSWORD_FILE"] == secret


def test_one_port_and_one_directory_everywhere() -> None:
    image = environment_of_the_image()
    port, data = image["METERPOORT_HTTP__PORT"], image["METERPOORT_DATA_DIRECTORY"]
    assert f"EXPOSE {port}" in DOCKERFILE
    assert f"http://127.0.0.1:{port}/healthz" in DOCKERFILE
    assert f"VOLUME {data}" in DOCKERFILE
    assert SERVICES["gateway"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert SERVICES["gateway"]["volumes"] == [f"documents:{data}"]
    assert PROMETHEUS["scrape_configs"][0]["static_configs"] == [{"targets": [f"gateway:{port}"]}]


def test_prometheus_and_grafana_find_what_they_read() -> None:
    mounted = dict(volume.split(":")[:2] for volume in SERVICES["prometheus"]["volumes"])
    assert mounted["./prometheus/alerts.yml"] == str(
        Path(mounted["./prometheus/prometheus.yml"]).parent / PROMETHEUS["rule_files"][0]
    )
    assert DATASOURCE["datasources"][0]["url"] == "http://prometheus:9090"
    dashboard = {
        path for path in SERVICES["grafana"]["volumes"] if path.startswith("./grafana/meterpoort.json:")
    }.pop()
    assert dashboard.split(":")[1].startswith(DASHBOARDS["providers"][0]["options"]["path"] + "/")
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == dashboard.split(":")[1]


def test_services_that_talk_share_a_network() -> None:
    for one, other in (("gateway", "postgresql"), ("prometheus", "gateway"), ("grafana", "prometheus")):
        assert set(SERVICES[one]["networks"]) & set(SERVICES[other]["networks"])
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["postgresql"]["networks"] == ["inside"]


def test_secrets_are_not_in_the_repository() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    for secret in COMPOSE["secrets"].values():
        assert f"deploy/{secret['file'].removeprefix('./').partition('/')[0]}/" in ignored


class TestImage:
    def test_copies_what_exists_and_what_the_build_is_given(self) -> None:
        given = (ROOT / ".dockerignore").read_text()
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
            for source in line.split():
                assert (ROOT / source).exists()
                assert f"!{source}" in given.splitlines()

    def test_is_given_every_package_that_the_project_installs(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())
        for pattern in project["tool"]["setuptools"]["packages"]["find"]["include"]:
            assert f"COPY {pattern.removesuffix('*')} " in DOCKERFILE

    def test_runs_as_nobody_in_particular_on_a_pinned_base(self) -> None:
        bases = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
        assert len(bases) == 1
        assert re.fullmatch(rf"python:3\.\d+\.\d+-slim-\w+{DIGEST}", bases.pop())
        assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", DOCKERFILE, re.MULTILINE)

    def test_carries_the_project_s_licence(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert f'licenses="{project["license"]}"' in DOCKERFILE
        assert SERVICES["gateway"]["image"] == f"meterpoort:{__version__}"
