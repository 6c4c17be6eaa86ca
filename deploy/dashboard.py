"""The dashboard for operators: `python -m deploy.dashboard` writes grafana/meterpoort.json from this table of
panels.

The rows, from top to bottom: received, refused and by which rule, waiting, metered, slow. The first row summarizes
each with one number. The thresholds for orange and red are those of the alerts in prometheus/alerts.yml.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TARGET = Path(__file__).with_name("grafana") / "meterpoort.json"
GRID_COLUMNS = 24
SCHEMA_VERSION = 39
"""The schema of Grafana 11; later versions migrate it when they load it."""
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, and the names of its series in the legend."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `unit` is Grafana's name of the unit. `warn` and `bad` are thresholds for the colour: higher is
    worse, unless `bad` is below `warn`."""

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
    """A row of panels on one subject."""

    title: str
    panels: tuple[Panel, ...]


def number(
    title: str, about: str, expr: str, unit: str, warn: float | None = None, bad: float | None = None
) -> Panel:
    """Return a panel with one number and its recent history."""
    return Panel(title, about, (Query(expr),), unit, "stat", warn, bad, columns=3, lines=5)


def quantiles(metric: str, window: str = "$__rate_interval") -> tuple[Query, ...]:
    """Return queries for the median and the 95th and 99th percentile."""
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
                "Messages accepted a minute.",
                "sum(rate(meterpoort_messages_received_total[5m])) * 60",
                "short",
            ),
            number("Refused", "Share of settled messages, last hour.", REFUSED_SHARE, "percentunit", 0.15, 0.3),
            number(
                "Waits",
                "Messages accepted and not settled.",
                "max(meterpoort_undelivered_messages)",
                "short",
                1_000,
                10_000,
            ),
            number(
                "Oldest of these",
                "Age of the oldest.",
                "max(meterpoort_undelivered_oldest_seconds)",
                "s",
                900,
                3_600,
            ),
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
        "Received",
        (
            Panel(
                "Messages a minute, by channel",
                "Accepted and on stable storage.",
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
                "By kind of document.",
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
                "4xx: errors of clients; 5xx: our errors. Without health checks and scrapes.",
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
                "Refused, repeated, returned",
                "Refused because too many wait; repeated with the same key; replayed; connections above "
                "http.connections_max.",
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
        "Refused, and by which rule",
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
                "State in which messages were settled.",
                (Query(f"sum by (outcome) (rate({SETTLED}[$__rate_interval])) * 60", "{{outcome}}"),),
                stacked=True,
                columns=12,
                lines=6,
            ),
            Panel(
                "Refused by stage, a minute",
                "A rise at the schema points to a sender's program; a rise at the rules may follow an upgrade.",
                (Query("sum by (stage) (rate(meterpoort_refusals_total[$__rate_interval])) * 60", "{{stage}}"),),
                stacked=True,
                columns=12,
                lines=6,
            ),
        ),
    ),
    Row(
        "Waiting",
        (
            Panel(
                "Waiting messages",
                "To be judged, to be delivered, parked for an operator, and with damaged content.",
                (
                    Query("max by (queue) (meterpoort_queue_messages)", "{{queue}}"),
                    Query("max(meterpoort_parked_messages)", "parked"),
                    Query("max(meterpoort_damaged_messages)", "damaged"),
                ),
            ),
            Panel(
                "Age of the oldest",
                "A straight line: nothing is processed. Saw teeth: slow, but processed.",
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
                "Time until the outcome is known.",
                quantiles("meterpoort_settled_after_seconds"),
                "s",
            ),
            Panel(
                "In recipients' mailboxes",
                "Delivered, not confirmed.",
                (Query("max(meterpoort_mailbox_messages)", "messages"),),
            ),
            Panel(
                "Oldest in a mailbox",
                "Rises when a recipient's system stops fetching.",
                (Query("max(meterpoort_mailbox_oldest_seconds)", "oldest"),),
                "s",
            ),
            Panel(
                "Silence",
                "Parties without messages for much longer than usual; hours since the last message.",
                (
                    Query("max(meterpoort_silent_parties)", "silent parties"),
                    Query("max(meterpoort_last_received_seconds) / 3600", "hours since the last message"),
                ),
            ),
        ),
    ),
    Row(
        "Push delivery",
        (
            Panel(
                "Attempts, a minute",
                "Troubled: will be tried again. Refused and expired: returned to the sender.",
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
                "Connection and timeout: the recipient is unavailable. Answer: its certificate or its program.",
                (
                    Query(
                        "sum by (failure) (rate(meterpoort_push_failures_total[$__rate_interval])) * 60",
                        "{{failure}}",
                    ),
                ),
                stacked=True,
            ),
            Panel(
                "Paused recipients",
                "After failed attempts; `meterpoort deliveries list` shows which.",
                (Query("max(meterpoort_paused_recipients)", "recipients"),),
            ),
            Panel(
                "Oldest waiting for a recipient",
                "After 72 hours a message is returned to its sender.",
                (Query('max(meterpoort_queue_oldest_seconds{queue="delivery"})', "oldest"),),
                "s",
                warn=14_400,
                bad=172_800,
            ),
            Panel(
                "Response time of recipients",
                "Of each attempt.",
                quantiles("meterpoort_push_seconds"),
                "s",
                columns=16,
            ),
        ),
    ),
    Row(
        "Metered",
        (
            Panel(
                "Units an hour, by kind",
                "Added to the meter; reversals are below zero.",
                (
                    Query("sum by (kind) (increase(meterpoort_metered_units_total[1h]))", "{{kind}}"),
                    Query(
                        "-sum by (kind) (increase(meterpoort_reversed_units_total[1h])) < 0", "{{kind}} reversed"
                    ),
                ),
            ),
            Panel(
                "Dispositions, an hour",
                "Every settled message has one disposition.",
                (Query("sum by (disposition) (increase(meterpoort_dispositions_total[1h]))", "{{disposition}}"),),
                stacked=True,
            ),
            Panel(
                "This year against the forecast",
                "Units of all parties together, parties over their forecast, and tasks that are overdue.",
                (
                    Query("max(meterpoort_metered_year_units)", "metered"),
                    Query("max(meterpoort_forecast_units)", "forecast"),
                    Query("max(meterpoort_over_forecast_parties)", "parties over"),
                    Query("max(meterpoort_overdue_billing_tasks)", "tasks overdue"),
                ),
            ),
        ),
    ),
    Row(
        "Slow or broken",
        (
            Panel(
                "Judging, by stage",
                "95th percentile.",
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
                "Part of the time until a submission is acknowledged.",
                quantiles("meterpoort_commit_seconds"),
                "s",
            ),
            Panel(
                "Submissions in a commit",
                "Grows with the load. It should not stay at 1 under load.",
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
                "95th percentile. Includes the time of Prefer: wait= at messages.",
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
                "Failures",
                "Rules that failed technically, workers replaced for another reason than age, messages that were "
                "taken over from a gateway that was gone, and the gateways that are running.",
                (
                    Query("max(meterpoort_nodes)", "gateways"),
                    Query("sum(increase(meterpoort_messages_taken_over_total[$__rate_interval]))", "taken over"),
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
                "Resident memory, without worker processes.",
                (Query('max(process_resident_memory_bytes{job="meterpoort"})', "resident"),),
                "bytes",
            ),
            Panel(
                "From delivered to confirmed",
                "Time that recipients take.",
                quantiles("meterpoort_confirmed_after_seconds", "1h"),
                "s",
            ),
            Panel(
                "Leftovers removed",
                "Objects removed, and whether the reaper has stopped because there are too many.",
                (
                    Query("sum(increase(meterpoort_reaped_objects_total[1h]))", "objects an hour"),
                    Query("max(meterpoort_reaper_held)", "held back"),
                    Query("(time() - max(meterpoort_reaper_passed_timestamp_seconds)) / 3600", "hours since"),
                ),
            ),
            Panel(
                "Version",
                "The running version.",
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
"""Fixed colours, by legend."""


def dashboard() -> Json:
    """Return the dashboard in Grafana's format."""
    return {
        "uid": "meterpoort",
        "title": "Meterpoort",
        "description": "Received, refused, waiting, metered, slow.",
        "tags": ["meterpoort"],
        "editable": False,
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "Europe/Amsterdam",
        "templating": {"list": [_DATASOURCES, _INSTANCES, _RUNBOOKS]},
        "annotations": {"list": _ANNOTATIONS},
        "links": _LINKS,
        "panels": list(_panels()),
    }


_DATASOURCES = {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
_INSTANCES: Json = {
    "name": "instance",
    "label": "Gateway",
    "type": "query",
    "datasource": DATASOURCE,
    "query": {"query": 'label_values(up{job="meterpoort"}, instance)', "refId": "instances"},
    "refresh": 2,
    "multi": True,
    "includeAll": True,
    "allValue": ".*",
    "current": {"text": "All", "value": "$__all"},
}

_RUNBOOKS = {"name": "runbooks", "label": "Address of operate.md", "type": "textbox", "query": "/"}
"""Where your copy of docs/how-to/operate.md is."""


def _annotation(name: str, colour: str, expr: str, text: str) -> Json:
    return {
        "name": name,
        "enable": True,
        "iconColor": colour,
        "datasource": DATASOURCE,
        "expr": expr,
        "titleFormat": text,
        "useValueForTime": False,
    }


_ANNOTATIONS = [
    _annotation(
        "Starts",
        "blue",
        'changes(process_start_time_seconds{job="meterpoort",instance=~"$instance"}[$__interval]) > 0',
        "{{instance}} started",
    ),
    _annotation("Alerts", "red", 'ALERTS{alertname=~"Meterpoort.*",alertstate="firing"}', "{{alertname}}"),
]


def _link(title: str, url: str) -> Json:
    return {"title": title, "type": "link", "url": url, "targetBlank": True, "icon": "external link"}


_LINKS = [
    _link("Alerts", "/alerting/list?search=Meterpoort"),
    _link("Runbook", "${runbooks}"),
]
_SELECTOR = re.compile(r"\b(?P<name>meterpoort_\w+|up|process_\w+)\b(?P<labels>\{)?")


def of_instances(expr: str) -> str:
    """The same query, of the gateways that are chosen."""
    chosen = 'instance=~"$instance"'
    return _SELECTOR.sub(lambda found: f"{found['name']}{{{chosen}{',' if found['labels'] else '}'}", expr)


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
        for panel, left, down in _positions(row):
            yield _panel(panel, number_of, {"x": left, "y": top + down, "w": panel.columns, "h": panel.lines})
            number_of += 1
        top += max(down + panel.lines for panel, _, down in _positions(row))


def _positions(row: Row) -> Iterator[tuple[Panel, int, int]]:
    """Yield each panel with its column and line: the leftmost position among the highest."""
    filled = [0] * GRID_COLUMNS
    for panel in row.panels:
        starts = range(GRID_COLUMNS - panel.columns + 1)
        left = min(starts, key=lambda start: (max(filled[start : start + panel.columns]), start))
        down = max(filled[left : left + panel.columns])
        filled[left : left + panel.columns] = [down + panel.lines] * panel.columns
        yield panel, left, down


def _panel(panel: Panel, number_of: int, position: Json) -> Json:
    return {
        "id": number_of,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": DATASOURCE,
        "gridPos": position,
        "targets": [_target(panel, query, letter) for query, letter in zip(panel.queries, "ABCDEF", strict=False)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": _overrides(panel)},
        "options": _OPTIONS[panel.kind],
    }


def _target(panel: Panel, query: Query, letter: str) -> Json:
    return {
        "refId": letter,
        "expr": of_instances(query.expr),
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
    """Return the thresholds of the colours, in ascending order; where low is bad they are reversed."""
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


def render() -> str:
    """Return the content of the file."""
    return json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the file when it has changed."""
    if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != render():
        TARGET.write_text(render(), encoding="utf-8")
        sys.stdout.write(f"deploy/grafana/{TARGET.name}\n")


if __name__ == "__main__":
    main()
