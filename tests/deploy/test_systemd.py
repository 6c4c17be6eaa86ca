"""The systemd unit: systemd accepts it, and the gateway it starts has few rights."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.settings import Settings, load

DEPLOY = Path(__file__).parents[2] / "deploy"
EXPOSURE_MAX = 15
"""In tenths, as systemd-analyze weighs it: 0 is a service that can do nothing, 96 one without any bounds."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="NOT TESTED: no systemd-analyze here (Debian package systemd)"
)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that exists on this machine: systemd checks that too."""
    text = (DEPLOY / "meterpoort.service").read_text()
    path = tmp_path / "meterpoort.service"
    path.write_text(text.replace("/opt/meterpoort/venv/bin/meterpoort", shutil.which("true") or "/bin/true"))
    return path


def analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@needs_systemd
def test_systemd_accepts_the_unit(unit: Path) -> None:
    result = analyze("verify", str(unit))
    assert (result.returncode, result.stderr) == (0, "")


@needs_systemd
def test_the_service_has_few_rights(unit: Path) -> None:
    result = analyze("security", "--offline=yes", f"--threshold={EXPOSURE_MAX}", str(unit))
    assert result.returncode == 0, result.stdout


def test_the_service_stops_after_the_gateway_had_its_time() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names are in mixed case
    unit.read(DEPLOY / "meterpoort.service")
    seconds = float(unit["Service"]["TimeoutStopSec"].removesuffix("s"))
    assert seconds > Settings().http.shutdown_seconds_max


def test_the_example_settings_are_accepted_with_and_without_what_is_commented_out(tmp_path: Path) -> None:
    text = (DEPLOY / "meterpoort.toml").read_text()
    (tmp_path / "all.toml").write_text(text.replace("# [", "[").replace("# url", "url").replace("# pass", "pass"))
    assert str(load(DEPLOY / "meterpoort.toml", {}).data_directory) == "/var/lib/meterpoort"
    assert load(tmp_path / "all.toml", {}).database.password_file is not None
