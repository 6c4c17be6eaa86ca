"""The dashboard: made from the code, laid out without holes or overlaps, and asking for what is counted."""

import itertools
import re
from pathlib import Path

import pytest

from deploy import dashboard
from deploy.dashboard import GRID_COLUMNS, ROWS, Panel
from tests.deploy.test_alerts import alerts, exposed_series, series_in

PANELS = [panel for row in ROWS for panel in row.panels]


def test_the_file_is_what_the_code_makes() -> None:
    assert dashboard.TARGET.read_text(encoding="utf-8") == dashboard.render(), "run `make docs`"


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_panel_asks_for_what_the_gateway_counts(panel: Panel, tmp_path: Path) -> None:
    for query in panel.queries:
        assert series_in(query.expr) <= exposed_series(tmp_path)


def test_every_metric_is_looked_at_by_a_panel_or_an_alert(tmp_path: Path) -> None:
    looked_at = {name for panel in PANELS for query in panel.queries for name in series_in(query.expr)}
    looked_at |= {name for alert in alerts() for name in series_in(alert["expr"])}
    plain = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in looked_at}
    counted = {name for name in exposed_series(tmp_path) if not name.endswith(("_bucket", "_sum", "_count"))}
    assert counted <= plain


def test_panels_fill_the_grid_and_do_not_overlap() -> None:
    for row in ROWS:
        cells = [
            (column, line)
            for panel, left, down in dashboard._positions(row)
            for column, line in itertools.product(
                range(left, left + panel.columns), range(down, down + panel.lines)
            )
        ]
        assert len(cells) == len(set(cells)), row.title
        assert {column for column, _ in cells} == set(range(GRID_COLUMNS)), row.title


def test_every_query_is_of_the_chosen_gateways() -> None:
    for panel in PANELS:
        for query in panel.queries:
            selectors = re.findall(
                r"\b(?:meterpoort_\w+|process_\w+|up)\b(\{[^}]*\})?", dashboard.of_instances(query.expr)
            )
            assert selectors
            assert all('instance=~"$instance"' in selector for selector in selectors), query.expr


def test_titles_are_unique_and_every_panel_says_what_it_shows() -> None:
    assert len({panel.title for panel in PANELS}) == len(PANELS)
    assert all(panel.about for panel in PANELS)


def test_numbers_turn_red_where_the_alerts_fire() -> None:
    """The thresholds of the first row are those of the alerts."""
    by_name = {alert["alert"]: alert["expr"] for alert in alerts()}
    limits = {panel.title: panel for panel in ROWS[0].panels}
    for title, calm, alarm in (
        ("Oldest of these", "MeterpoortOldestUndelivered", "MeterpoortNothingMoves"),
        ("Refused", None, "MeterpoortRefusalRate"),
        ("Commit", None, "MeterpoortCommitSlow"),
        ("Disk free", "MeterpoortDiskFilling", "MeterpoortDiskFull"),
    ):
        panel = limits[title]
        assert f"{panel.bad:g}" in by_name[alarm].replace(".30", ".3")
        assert calm is None or f"{panel.warn:g}" in by_name[calm]
