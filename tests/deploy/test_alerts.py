"""The alert rules: each fires and stays silent where its test says, and each tells an operator what to do."""

import re
import subprocess
from pathlib import Path
from typing import TypedDict, cast

import pytest
import yaml

from gateway.metrics import Metrics
from tests.deploy.promtool import needs_promtool

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
TESTS = ("alerts_test.yml", "alerts_days_test.yml")


class Alert(TypedDict):
    alert: str
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]


def alerts() -> list[Alert]:
    loaded = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())
    return [cast(Alert, rule) for group in loaded["groups"] for rule in group["rules"]]


def exposed_series(tmp_path: Path) -> set[str]:
    """Every name a query may ask for: histograms give three."""
    names = set()
    for described in Metrics("1", data_directory=tmp_path).described:
        endings = ("_bucket", "_sum", "_count") if described.type == "histogram" else ("",)
        names |= {described.name + ending for ending in endings}
    return names


def series_in(expression: str) -> set[str]:
    return set(re.findall(r"\bmeterpoort_\w+", expression))


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
class TestEachAlert:
    def test_asks_for_what_the_gateway_counts(self, alert: Alert, tmp_path: Path) -> None:
        assert series_in(alert["expr"]) <= exposed_series(tmp_path)

    def test_has_its_section_in_the_runbook(self, alert: Alert) -> None:
        link = re.sub(r"{{ with .+ }}{{ else }}(.+){{ end }}", r"\1", alert["annotations"]["runbook_url"])
        page, _, anchor = link.partition("#")
        headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor == alert["alert"].lower()
        assert alert["alert"] in headings

    def test_says_who_is_wanted(self, alert: Alert) -> None:
        assert alert["labels"]["severity"] in {"page", "ticket"}

    def test_is_tested_firing_and_silent(self, alert: Alert) -> None:
        firing, silent = 0, 0
        for name in TESTS:
            for group in yaml.safe_load((PROMETHEUS / name).read_text())["tests"]:
                for case in group["alert_rule_test"]:
                    if case["alertname"] == alert["alert"]:
                        firing += bool(case["exp_alerts"])
                        silent += not case["exp_alerts"]
        assert firing
        assert silent


def test_the_runbook_has_no_section_of_an_alert_that_is_gone() -> None:
    runbook = (ROOT / "docs" / "how-to" / "operate.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### (Meterpoort\w+)$", runbook, re.MULTILINE)) == {
        alert["alert"] for alert in alerts()
    }


@needs_promtool
@pytest.mark.parametrize("name", TESTS)
def test_promtool_finds_each_alert_fires_as_its_test_says(name: str) -> None:
    result = subprocess.run(
        ["promtool", "test", "rules", name], cwd=PROMETHEUS, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@needs_promtool
def test_prometheus_accepts_its_configuration() -> None:
    result = subprocess.run(
        ["promtool", "check", "config", "--syntax-only", "prometheus.yml"],
        cwd=PROMETHEUS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
