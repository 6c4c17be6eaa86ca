"""`meterpoort serve`: options that contradict each other, and a rule set that is not there."""

from pathlib import Path

from click.testing import CliRunner

from gateway.cli import main
from gateway.validator import own_rules


def test_several_processes_on_sqlite_are_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["serve", "--processes", "2", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "http.processes (2) must be 1 with SQLite" in result.output


def test_a_rule_set_without_its_stylesheet_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "meterpoort.toml"
    config.write_text('[[rule_sets]]\nid = "voorbeeld"\nstylesheet = "none.xslt"\n', "utf-8")
    try:
        result = CliRunner().invoke(main, ["serve", "--config", str(config), "--data", str(tmp_path)])
    finally:
        own_rules.install(())
    assert result.exit_code == 1
    assert "none.xslt of voorbeeld cannot be read" in result.output
