"""`meterpoort serve` as a process: its files are closed to others whatever the umask, and it logs JSON."""

import json
import signal
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from gateway.admin import parties
from gateway.settings import DatabaseSettings, Settings
from tests.flows.conftest import SUPPLIER, TOWN, numbered
from tests.waiting import WAIT_SECONDS_MAX

ROOT = Path(__file__).parents[2]

LARGE = numbered("2026-0900").replace(b"<cbc:Note>", b"<cbc:Note>" + b"x" * 300_000, 1)
"""Too large for a pack: it has its own object."""


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """A data directory that others may read, with such a file."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "old").touch()
    (data / "old").chmod(0o644)
    data.chmod(0o755)
    return Settings(data_directory=data, database=DatabaseSettings(url=database_url))


def test_files_are_closed_to_others_and_the_log_is_json(settings: Settings, tmp_path: Path) -> None:
    config, log = tmp_path / "meterpoort.toml", tmp_path / "log"
    config.write_text(
        f'data_directory = "{settings.data_directory}"\n[database]\nurl = "{settings.database.url}"\n'
    )
    gateway = f"umask 000; exec {sys.executable} -m gateway"
    for kind, identifier in (("company", SUPPLIER), ("non-rijk", TOWN)):
        save = f"parties save a-{kind} --name {kind} --kind {kind} --identifier {identifier} --config {config}"
        subprocess.run(["sh", "-c", f"{gateway} {save}"], check=True, cwd=ROOT)
    key = parties.new_key(settings, "supplier", "a-company")[1]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            ["sh", "-c", f"{gateway} serve --port 0 --config {config}"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
        ) as server,
    ):
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1]
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/xml", "Prefer": "wait=60"}
        for document in (numbered("2026-0901"), LARGE):
            with closing(HTTPConnection(address.removeprefix("http://"))) as connection:
                connection.request("POST", "/v1/messages", document, headers)
                assert connection.getresponse().status == 201
        server.send_signal(signal.SIGTERM)
        assert server.wait(WAIT_SECONDS_MAX) == 0
    found = [settings.data_directory, *settings.data_directory.rglob("*")]
    assert {"old", "packs", "objects"} <= {path.name for path in found}
    assert [(str(path), oct(path.stat().st_mode)) for path in found if path.stat().st_mode & 0o077] == []
    lines = log.read_text().splitlines()
    assert lines
    assert all({"event", "level", "at"} <= set(json.loads(line)) for line in lines)
