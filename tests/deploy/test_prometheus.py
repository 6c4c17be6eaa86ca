"""A real Prometheus collects from real Metrics, and answers every query of the dashboard and the alerts."""

import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import yaml

from deploy.dashboard import ROWS, of_instances
from gateway.channels.registry import LABELS
from gateway.metrics import Metrics
from tests.deploy.promtool import needs_promtool
from tests.deploy.test_alerts import PROMETHEUS, alerts
from tests.unit.test_metrics import every_event

SECONDS_MAX = 60.0
Answer = dict[str, object]


@contextmanager
def exposing(metrics: Metrics) -> Iterator[int]:
    """Serve the metrics on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content_type, body = metrics.exposition(self.headers.get("Accept", ""))
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@contextmanager
def collecting(directory: Path, port: int) -> Iterator[str]:
    """Run Prometheus with the configuration that is deployed, from this port and five times a second."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "200ms", "evaluation_interval": "200ms"}
    config["rule_files"] = [str(PROMETHEUS / "alerts.yml")]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [
        "prometheus",
        "--config.file=prometheus.yml",
        "--web.listen-address=127.0.0.1:0",
        "--log.format=json",
    ]
    with (directory / "log").open("wb") as log, subprocess.Popen(command, cwd=directory, stderr=log) as process:
        try:
            yield until(lambda: listening((directory / "log").read_text()))
        finally:
            process.terminate()


def listening(log: str) -> str | None:
    found = re.search(r'"address":"(127\.0\.0\.1:[1-9]\d*)"', log)
    return f"http://{found[1]}" if found else None


def until(ready: Callable[[], str | None]) -> str:
    """What `ready` answers, once it does."""
    end = time.monotonic() + SECONDS_MAX
    while time.monotonic() < end:
        if answer := ready():
            return answer
        time.sleep(0.1)
    raise TimeoutError


def ask(address: str, path: str, **parameters: str) -> Answer:
    url = f"{address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    try:
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - an address we made
            return cast(Answer, json.load(response)["data"])
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{parameters}: {error.read().decode()}") from error


def queries() -> list[str]:
    """Every query: of the panels with Grafana's variables filled in, of the alerts without their thresholds."""
    panels = [of_instances(query.expr) for row in ROWS for panel in row.panels for query in panel.queries]
    filled = [
        expr.replace("$__rate_interval", "30s").replace("$__range", "1m").replace("$instance", ".*")
        for expr in panels
    ]
    looked_for = [alert["expr"].partition("unless")[0] for alert in alerts()]
    return filled + [re.sub(r"[<>=]=? [\d.]+( \* \d+)?", "", expr) for expr in looked_for]


@needs_promtool
def test_every_query_is_answered_with_data(tmp_path: Path) -> None:
    metrics = Metrics("1.2.3", {"BR-01"}, tmp_path, channels=LABELS)
    unanswered = queries()
    with exposing(metrics) as port, collecting(tmp_path, port) as address:
        end = time.monotonic() + SECONDS_MAX
        while unanswered and time.monotonic() < end:
            every_event(metrics)
            time.sleep(0.5)
            with suppress(urllib.error.URLError):
                unanswered = [query for query in unanswered if not ask(address, "query", query=query)["result"]]
        groups = cast(list[dict[str, list[dict[str, str]]]], ask(address, "rules")["groups"])
    assert unanswered == []
    rules = [rule for group in groups for rule in group["rules"]]
    assert {rule["health"] for rule in rules} == {"ok"}
    assert len(rules) == len(alerts())
