"""`meterpoort serve`: options that contradict each other."""

from pathlib import Path

from click.testing import CliRunner

from gateway.cli import main


def test_several_processes_on_sqlite_are_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["serve", "--processes", "2", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "http.processes (2) must be 1 with SQLite" in result.output
