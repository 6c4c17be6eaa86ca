"""The container and the compose file: ports, paths, names and secrets that must agree, agree."""

import re
import tomllib
from pathlib import Path
from typing import TypedDict, cast

import dockerfile
import pytest
import yaml
from compose_spec import PyCompose

from gateway import __version__
from gateway.cli.reference import commands
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
INSTRUCTIONS = dockerfile.parse_file(str(DEPLOY / "Dockerfile"))
FINAL_STAGE = max(index for index, one in enumerate(INSTRUCTIONS) if one.cmd == "FROM")
PROMETHEUS = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
DATASOURCE = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())
DASHBOARDS = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/meterpoort.yml").read_text())


def instruction(name: str) -> dockerfile.Command:
    """The one instruction of this name."""
    [found] = [one for one in INSTRUCTIONS if one.cmd == name]
    return found


def pairs(one: dockerfile.Command) -> dict[str, str]:
    """Names with their values."""
    return dict(zip(one.value[::2], one.value[1::2], strict=True))


ENVIRONMENT = pairs(instruction("ENV"))
ENTRYPOINT, CMD = instruction("ENTRYPOINT"), instruction("CMD")


def settings_of_the_image() -> dict[str, str]:
    return {name: value for name, value in ENVIRONMENT.items() if name.startswith("METERPOORT_")}


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
    given = settings_of_the_image() | SERVICES["gateway"]["environment"]
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
    image = settings_of_the_image()
    port, data = image["METERPOORT_HTTP__PORT"], image["METERPOORT_DATA_DIRECTORY"]
    assert instruction("EXPOSE").value == (port,)
    assert instruction("VOLUME").value == (data,)
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


def test_the_compose_file_is_one() -> None:
    """By a reader of the Compose Specification, which knows no image with both a tag and a digest."""
    text = (DEPLOY / "compose.yaml").read_text()
    PyCompose.from_yaml(re.sub(rf":v?[\w.-]+(?={DIGEST})", "", text)).validate()
    with pytest.raises(ValueError, match="healtcheck"):
        PyCompose.from_yaml(text.replace("healthcheck:", "healtcheck:").replace(":17.6-trixie@", "@"))


def test_the_command_of_the_image_exists() -> None:
    [name] = ENTRYPOINT.value
    assert name in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert " ".join([name, *CMD.value]) in dict(commands())


class TestImage:
    """Read by the parser of Docker's builder."""

    def test_has_a_stage_that_builds_and_one_without_a_compiler(self) -> None:
        assert [one.value[1:] for one in INSTRUCTIONS if one.cmd == "FROM"] == [("AS", "build"), ()]
        [copied] = [one for one in INSTRUCTIONS[FINAL_STAGE:] if one.cmd == "COPY"]
        assert (copied.flags, copied.value) == (("--from=build",), ("/opt/meterpoort", "/opt/meterpoort"))
        made = next(one for one in INSTRUCTIONS if one.cmd == "RUN").value[0]
        assert made == f"python -m venv {copied.value[0]}"
        assert f"{copied.value[0]}/bin:$PATH" == ENVIRONMENT["PATH"]

    def test_copies_what_exists_and_what_the_build_is_given(self) -> None:
        given = (ROOT / ".dockerignore").read_text().splitlines()
        for one in INSTRUCTIONS:
            for source in one.value[:-1] if one.cmd == "COPY" and not one.flags else ():
                assert (ROOT / source).exists()
                assert f"!{source}" in given

    def test_is_given_every_package_that_the_project_installs(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())
        copied = {one.value[0] for one in INSTRUCTIONS if one.cmd == "COPY"}
        included = project["tool"]["setuptools"]["packages"]["find"]["include"]
        assert {pattern.removesuffix("*") for pattern in included} <= copied

    def test_runs_as_nobody_in_particular_on_a_pinned_base(self) -> None:
        bases = {one.value[0] for one in INSTRUCTIONS if one.cmd == "FROM"}
        assert len(bases) == 1
        assert re.fullmatch(rf"python:3\.\d+\.\d+-slim-\w+{DIGEST}", bases.pop())
        user, group = instruction("USER").value[0].split(":")
        made = next(one.value[0] for one in INSTRUCTIONS[FINAL_STAGE:] if one.cmd == "RUN")
        assert f"--uid {user} --gid meterpoort" in made
        assert f"groupadd --system --gid {group} meterpoort" in made
        assert int(user) > 0
        after = [one.cmd for one in INSTRUCTIONS[INSTRUCTIONS.index(instruction("USER")) :]]
        assert not {"RUN", "COPY", "ADD"} & set(after)

    def test_its_health_is_that_of_the_process(self) -> None:
        """Alive, not ready: a gateway with a full queue must not be started again."""
        check = instruction("HEALTHCHECK")
        kind, program, option, code = check.value
        assert (kind, program, option, check.json) == ("CMD", "python", "-c", True)
        assert f"http://127.0.0.1:{ENVIRONMENT['METERPOORT_HTTP__PORT']}/healthz" in code
        compile(code, "healthcheck", "exec")
        seconds = {
            flag.partition("=")[0]: int(flag.partition("=")[2].removesuffix("s")) for flag in check.flags[:3]
        }
        assert seconds["--timeout"] < seconds["--interval"]
        [waits] = re.findall(r"timeout=(\d+)", code)
        assert int(waits) < seconds["--timeout"]

    def test_stops_as_the_gateway_does(self) -> None:
        assert instruction("STOPSIGNAL").value == ("SIGTERM",)
        assert (ENTRYPOINT.json, CMD.json) == (True, True)  # no shell in between keeps the signal

    def test_carries_the_project_s_licence(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        labels = pairs(instruction("LABEL"))
        assert labels["org.opencontainers.image.licenses"] == f'"{project["license"]}"'
        assert SERVICES["gateway"]["image"] == f"meterpoort:{__version__}"
