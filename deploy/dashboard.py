"""The operator's dashboard, as a table of panels: `python -m deploy.dashboard` writes grafana/meterpoort.json.

Five questions from top to bottom: what comes in, what is refused and by which rule, what waits, what is metered,
what is slow. The first row answers each with one number. Limits that turn a number orange or red are those of
the alerts in prometheus/alerts.yml.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).with_name("grafana") / "meterpoort.json"
GRID_COLUMNS = 24
SCHEMA_VERSION = 39
"""Of Grafana 11; later ones migrate it when they load it."""
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, and how its series are called in the legend."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `unit` is Grafana's name of it; `warn` and `bad` colour a number, worse when higher unless
    `bad` is below `warn`."""

    title: str
    about: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: str = "timeseries"
    warn: float | None = None
    bad: float | None = None
    stacked: bool = False
    goes_below_zero: bool = False
    columns: int = 8
    lines: int = 8


@dataclass(frozen=True, slots=True)
class Row:
    """One question and the panels that answer it."""

    title: str
    panels: tuple[Panel, ...]


def number(
    title: str, about: str, expr: str, unit: str, warn: float | None = None, bad: float | None = None
) -> Panel:
    """One big number with its recent course behind it."""
    return Panel(title, about, (Query(expr),), unit, "stat", warn, bad, columns=3, lines=5)


def quantiles(metric: str, window: str = "$__rate_interval") -> tuple[Query, ...]:
    """Half of all, 95 of 100 and 99 of 100 are below these."""
    return tuple(
        Query(f"histogram_quantile({share}, sum by (le) (rate({metric}_bucket[{window}])))", name)
        for share, name in ((0.5, "half"), (0.95, "95 of 100"), (0.99, "99 of 100"))
    )


SETTLED = "meterpoort_messages_settled_total"
REFUSED_SHARE = f'sum(increase({SETTLED}{{outcome="refused"}}[1h])) / clamp_min(sum(increase({SETTLED}[1h])), 1)'
COMMIT_P99 = "histogram_quantile(0.99, sum by (le) (rate(meterpoort_commit_seconds_bucket[10m])))"

ROWS = (
    Row(
        "At a glance",
        (
            number("Up", "1: Prometheus reaches the gateway.", 'min(up{job="meterpoort"})', "short", 1, 0.5),
            number(
                "Comes in",
                "Messages taken in a minute.",
                "sum(rate(meterpoort_messages_received_total[5m])) * 60",
                "short",
            ),
            number("Refused", "Share of settled messages, last hour.", REFUSED_SHARE, "percentunit", 0.15, 0.3),
            number(
                "Waits",
                "Messages taken in and not settled.",
                "sum(meterpoort_undelivered_messages)",
                "short",
                1_000,
                10_000,
            ),
            number("Oldest of these", "Its age.", "max(meterpoort_undelivered_oldest_seconds)", "s", 900, 3_600),
            number(
                "Metered",
                "Units in the last 24 hours.",
                "sum(increase(meterpoort_metered_units_total[1d]))",
                "short",
            ),
            number("Commit", "99 of 100 commits take less, last 10 minutes.", COMMIT_P99, "s", 0.1, 0.25),
            number(
                "Disk free",
                "Share of the disk of the data directory.",
                "min(meterpoort_disk_free_bytes / meterpoort_disk_size_bytes)",
                "percentunit",
                0.1,
                0.03,
            ),
        ),
    ),
    Row(
        "What comes in",
        (
            Panel(
                "Messages a minute, by channel",
                "Taken in and on stable storage.",
                (
                    Query(
                        "sum by (channel) (rate(meterpoort_messages_received_total[$__rate_interval])) * 60",
                        "{{channel}}",
                    ),
                ),
                stacked=True,
            ),
            Panel(
                "Settled messages a minute, by document",
                "What kind of document they were.",
                (Query(f"sum by (document) (rate({SETTLED}[$__rate_interval])) * 60 > 0", "{{document}}"),),
                stacked=True,
            ),
            Panel(
                "Bytes a second",
                "Documents and attachments, decoded.",
                (
                    Query(
                        "sum by (channel) (rate(meterpoort_received_bytes_total[$__rate_interval]))", "{{channel}}"
                    ),
                ),
                "Bps",
                stacked=True,
            ),
            Panel(
                "Requests a second, by status",
                "4xx is the caller's side, 5xx ours. Health checks and scrapes are left out.",
                (
                    Query(
                        "sum by (status) (rate(meterpoort_http_requests_total"
                        '{route!~"health|metrics"}[$__rate_interval]))',
                        "{{status}}",
                    ),
                ),
                "reqps",
                columns=12,
                stacked=True,
            ),
            Panel(
                "Not taken, or taken before",
                "Turned away because too many wait; repeated with the same key; returned, and offered again; "
                "connections above http.connections_max.",
                (
                    Query("sum(increase(meterpoort_turned_away_total[$__rate_interval]))", "turned away"),
                    Query("sum(increase(meterpoort_repeats_total[$__rate_interval]))", "repeats"),
                    Query("sum(increase(meterpoort_reopened_total[$__rate_interval]))", "offered again"),
                    Query(
                        "sum by (became) (increase(meterpoort_connections_too_many_total[$__rate_interval]))",
                        "connections {{became}}",
                    ),
                ),
                columns=12,
            ),
        ),
    ),
    Row(
        "What is refused, and by which rule",
        (
            Panel(
                "Rules that refused most",
                "Messages refused by each rule in the period shown; one message can be refused by several.",
                (
                    Query(
                        "topk(15, sum by (rule, stage) (increase(meterpoort_refusals_total[$__range])) > 0)",
                        "{{rule}} ({{stage}})",
                    ),
                ),
                kind="bargauge",
                columns=12,
                lines=12,
            ),
            Panel(
                "Outcome of messages, a minute",
                "Where messages came to rest.",
                (Query(f"sum by (outcome) (rate({SETTLED}[$__rate_interval])) * 60", "{{outcome}}"),),
                stacked=True,
                columns=12,
                lines=6,
            ),
            Panel(
                "Refused by stage, a minute",
                "A jump at the schema is one sender's program; a jump at the rules may be ours after an upgrade.",
                (Query("sum by (stage) (rate(meterpoort_refusals_total[$__rate_interval])) * 60", "{{stage}}"),),
                stacked=True,
                columns=12,
                lines=6,
            ),
        ),
    ),
    Row(
        "What waits",
        (
            Panel(
                "Messages that wait",
                "To be judged, to be delivered, and set apart for an operator.",
                (
                    Query("sum by (queue) (meterpoort_queue_messages)", "{{queue}}"),
                    Query("sum(meterpoort_parked_messages)", "parked"),
                ),
            ),
            Panel(
                "Age of the oldest",
                "Grows steadily: nothing moves. Saw teeth: slow but moving.",
                (
                    Query("max by (queue) (meterpoort_queue_oldest_seconds)", "{{queue}}"),
                    Query("max(meterpoort_undelivered_oldest_seconds)", "not settled"),
                ),
                "s",
                warn=900,
                bad=3_600,
            ),
            Panel(
                "From received to settled",
                "What a sender waits.",
                quantiles("meterpoort_settled_after_seconds"),
                "s",
            ),
            Panel(
                "In recipients' mailboxes",
                "Delivered, not confirmed.",
                (Query("sum(meterpoort_mailbox_messages)", "messages"),),
            ),
            Panel(
                "Oldest in a mailbox",
                "A recipient's system that stopped collecting shows here.",
                (Query("max(meterpoort_mailbox_oldest_seconds)", "oldest"),),
                "s",
            ),
            Panel(
                "Silence",
                "Parties silent for much longer than they usually are; hours since any message came in.",
                (
                    Query("max(meterpoort_silent_parties)", "silent parties"),
                    Query("max(meterpoort_last_received_seconds) / 3600", "hours since the last message"),
                ),
            ),
        ),
    ),
    Row(
        "What is pushed to recipients",
        (
            Panel(
                "Attempts, a minute",
                "Troubled is tried again; refused and expired messages went back to their senders.",
                (
                    Query(
                        "sum by (push_outcome) (rate(meterpoort_pushes_total[$__rate_interval])) * 60",
                        "{{push_outcome}}",
                    ),
                ),
                stacked=True,
            ),
            Panel(
                "What went wrong, a minute",
                "Connection and timeout: the recipient is away. Answer: its certificate or its program.",
                (
                    Query(
                        "sum by (failure) (rate(meterpoort_push_failures_total[$__rate_interval])) * 60",
                        "{{failure}}",
                    ),
                ),
                stacked=True,
            ),
            Panel(
                "Recipients left alone",
                "After attempts that failed; `meterpoort deliveries list` names them.",
                (Query("sum(meterpoort_paused_recipients)", "recipients"),),
            ),
            Panel(
                "Oldest that waits for a recipient",
                "After 72 hours a message goes back to its sender.",
                (Query('max(meterpoort_queue_oldest_seconds{queue="delivery"})', "oldest"),),
                "s",
                warn=14_400,
                bad=172_800,
            ),
            Panel(
                "How long recipients take to answer",
                "Of one attempt.",
                quantiles("meterpoort_push_seconds"),
                "s",
                columns=16,
            ),
        ),
    ),
    Row(
        "What is metered",
        (
            Panel(
                "Units an hour, by kind",
                "Written to the meter; below zero what was reversed.",
                (
                    Query("sum by (kind) (increase(meterpoort_metered_units_total[1h]))", "{{kind}}"),
                    Query(
                        "-sum by (kind) (increase(meterpoort_reversed_units_total[1h])) < 0", "{{kind}} reversed"
                    ),
                ),
            ),
            Panel(
                "What messages are to the meter, an hour",
                "Every settled message has one disposition.",
                (Query("sum by (disposition) (increase(meterpoort_dispositions_total[1h]))", "{{disposition}}"),),
                stacked=True,
            ),
            Panel(
                "This year against the forecast",
                "Units of all parties together; and how many parties are over their own forecast.",
                (
                    Query("max(meterpoort_metered_year_units)", "metered"),
                    Query("max(meterpoort_forecast_units)", "forecast"),
                    Query("max(meterpoort_over_forecast_parties)", "parties over"),
                ),
            ),
        ),
    ),
    Row(
        "What is slow, and what breaks",
        (
            Panel(
                "Judging, by stage",
                "95 of 100 documents take less.",
                (
                    Query(
                        "histogram_quantile(0.95, sum by (le, stage) "
                        "(rate(meterpoort_stage_seconds_bucket[$__rate_interval])))",
                        "{{stage}}",
                    ),
                ),
                "s",
            ),
            Panel(
                "Time of a commit",
                "What a sender's kenmerk waits for.",
                quantiles("meterpoort_commit_seconds"),
                "s",
            ),
            Panel(
                "Submissions in a commit",
                "Grows with the load: then durability is shared. 1 under load means it is not.",
                (
                    Query(
                        "sum(rate(meterpoort_commit_submissions_sum[$__rate_interval])) / "
                        "sum(rate(meterpoort_commit_submissions_count[$__rate_interval]))",
                        "average",
                    ),
                ),
            ),
            Panel(
                "Requests, by route",
                "95 of 100 answers take less. A long Prefer: wait= shows at messages.",
                (
                    Query(
                        "histogram_quantile(0.95, sum by (le, route) "
                        "(rate(meterpoort_http_request_seconds_bucket[$__rate_interval]))) >= 0",
                        "{{route}}",
                    ),
                ),
                "s",
            ),
            Panel(
                "Breaks",
                "Rules that failed technically, workers replaced for another reason than age. Each is a defect.",
                (
                    Query("sum(increase(meterpoort_rule_errors_total[$__rate_interval]))", "rules that failed"),
                    Query(
                        "sum by (reason) (increase(meterpoort_worker_replacements_total"
                        '{reason!="age"}[$__rate_interval]))',
                        "worker: {{reason}}",
                    ),
                ),
            ),
            Panel(
                "Memory of the server",
                "Resident; worker processes not counted.",
                (Query('max(process_resident_memory_bytes{job="meterpoort"})', "resident"),),
                "bytes",
            ),
            Panel(
                "From delivered to confirmed",
                "What recipients need.",
                quantiles("meterpoort_confirmed_after_seconds", "1h"),
                "s",
            ),
            Panel(
                "Leftovers removed",
                "Objects, and whether the reaper holds back because the store may be the wrong one.",
                (
                    Query("sum(increase(meterpoort_reaped_objects_total[1h]))", "objects an hour"),
                    Query("max(meterpoort_reaper_held)", "held back"),
                    Query("(time() - max(meterpoort_reaper_passed_timestamp_seconds)) / 3600", "hours since"),
                ),
            ),
            Panel(
                "Version",
                "What runs; a change here beside a change above is a lead.",
                (Query("sum by (version, python) (meterpoort_build_info)", "{{version}} on Python {{python}}"),),
            ),
        ),
    ),
)

COLOURS = {
    "{{outcome}}": {
        "delivered": "green",
        "refused": "red",
        "duplicate": "yellow",
        "returned": "orange",
        "parked": "purple",
    },
    "{{status}}": {"2xx": "green", "3xx": "blue", "4xx": "yellow", "5xx": "red"},
    "{{disposition}}": {"billable": "green", "refused": "red", "duplicate": "yellow", "undeliverable": "orange"},
    "half": {"half": "green"},
    "95 of 100": {"95 of 100": "yellow"},
    "99 of 100": {"99 of 100": "red"},
}
"""One colour for one thing on every panel, by legend."""


def dashboard() -> Json:
    """The dashboard as Grafana reads it."""
    return {
        "uid": "meterpoort",
        "title": "Meterpoort",
        "description": "What comes in, what is refused, what waits, what is metered, what is slow.",
        "tags": ["meterpoort"],
        "editable": False,
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "Europe/Amsterdam",
        "templating": {
            "list": [{"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": list(_panels()),
    }


def _panels() -> Iterator[Json]:
    top, number_of = 0, 1
    for row in ROWS:
        yield {
            "id": number_of,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "gridPos": {"x": 0, "y": top, "w": GRID_COLUMNS, "h": 1},
            "panels": [],
        }
        top, number_of = top + 1, number_of + 1
        for panel, left, down in _placed(row):
            yield _panel(panel, number_of, {"x": left, "y": top + down, "w": panel.columns, "h": panel.lines})
            number_of += 1
        top += max(down + panel.lines for panel, _, down in _placed(row))


def _placed(row: Row) -> Iterator[tuple[Panel, int, int]]:
    """Each panel with its place in the row: at the leftmost column where it lies highest."""
    filled = [0] * GRID_COLUMNS
    for panel in row.panels:
        starts = range(GRID_COLUMNS - panel.columns + 1)
        left = min(starts, key=lambda start: (max(filled[start : start + panel.columns]), start))
        down = max(filled[left : left + panel.columns])
        filled[left : left + panel.columns] = [down + panel.lines] * panel.columns
        yield panel, left, down


def _panel(panel: Panel, number_of: int, place: Json) -> Json:
    return {
        "id": number_of,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": DATASOURCE,
        "gridPos": place,
        "targets": [_target(panel, query, letter) for query, letter in zip(panel.queries, "ABCDEF", strict=False)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": _overrides(panel)},
        "options": _OPTIONS[panel.kind],
    }


def _target(panel: Panel, query: Query, letter: str) -> Json:
    return {
        "refId": letter,
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "datasource": DATASOURCE,
        "instant": panel.kind == "bargauge",
        "range": panel.kind != "bargauge",
    }


def _defaults(panel: Panel) -> Json:
    lines: Json = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 30 if panel.stacked else 5,
        "showPoints": "never",
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "line" if panel.warn else "off"},
    }
    return {
        "unit": panel.unit,
        "min": None if panel.goes_below_zero else 0,
        "color": {"mode": "thresholds" if panel.kind == "stat" else "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": _steps(panel)},
        "custom": lines if panel.kind == "timeseries" else {},
    }


def _steps(panel: Panel) -> list[Json]:
    """Grafana colours upwards from each value; where low is bad the colours go the other way."""
    if panel.warn is None or panel.bad is None:
        return [{"color": "green", "value": None}]
    if panel.bad < panel.warn:
        return [
            {"color": "red", "value": None},
            {"color": "orange", "value": panel.bad},
            {"color": "green", "value": panel.warn},
        ]
    return [
        {"color": "green", "value": None},
        {"color": "orange", "value": panel.warn},
        {"color": "red", "value": panel.bad},
    ]


def _overrides(panel: Panel) -> list[Json]:
    return [
        {
            "matcher": {"id": "byName", "options": name},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
        }
        for query in panel.queries
        for name, colour in COLOURS.get(query.legend, {}).items()
    ]


_REDUCE: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[str, Json] = {
    "stat": {"reduceOptions": _REDUCE, "colorMode": "background", "graphMode": "area", "textMode": "value"},
    "bargauge": {
        "reduceOptions": _REDUCE,
        "orientation": "horizontal",
        "displayMode": "basic",
        "showUnfilled": False,
    },
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
}


def rendered() -> str:
    """The file's text."""
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the file when it differs."""
    if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != rendered():
        TARGET.write_text(rendered(), encoding="utf-8")
        sys.stdout.write(f"deploy/grafana/{TARGET.name}\n")


if __name__ == "__main__":
    main()
