"""Spans as a collector gets them, and none without one."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.http.trace import traceparent_for
from gateway.tracing import current_span, exporting, is_on, span
from tests.collector import attributes, collecting

TRACE, PARENT, OWN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "53995c3f42cd8ad8"
GIVEN = f"00-{TRACE}-{PARENT}-01"
ERROR, SERVER = 2, 2  # as in OTLP's trace.proto


def test_without_an_endpoint_nothing_is_recorded() -> None:
    with exporting("", "1"), span("judge", GIVEN, {"a": 1}) as judging:
        judging.add({"b": 2}, is_error=True)
        assert not is_on()
        assert judging.traceparent is current_span().traceparent is None
    with pytest.raises(ZeroDivisionError), span("judge", GIVEN, {}):
        raise ZeroDivisionError


def test_a_gateway_without_an_endpoint_imports_nothing_of_opentelemetry() -> None:
    program = "import sys, gateway.main; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_a_span_is_under_the_one_that_its_traceparent_names() -> None:
    with collecting() as collector:
        with exporting(collector.url, "1"), span("deliver", GIVEN, {"a": 1}, kind="CLIENT") as delivery:
            delivery.add({"b": ["x", "y"]})
            assert current_span() is delivery
        [sent] = collector.spans
    assert delivery.traceparent == f"00-{sent.trace_id.hex()}-{sent.span_id.hex()}-01"
    assert (sent.trace_id.hex(), sent.parent_span_id.hex()) == (TRACE, PARENT)
    assert (sent.name, attributes(sent)) == ("deliver", {"a": 1, "b": ["x", "y"]})
    assert not is_on()


@pytest.mark.parametrize(("given", "parent"), [(GIVEN, PARENT), (f"00-{PARENT * 2}-{PARENT}-01", ""), ("x", "")])
def test_a_request_is_the_span_that_was_logged(given: str, parent: str) -> None:
    with collecting() as collector:
        with exporting(collector.url, "1"):
            own = f"00-{TRACE}-{OWN}-01"
            with span("GET", given, {}, kind="SERVER", own=own), span("judge", own, {}):
                pass
        judging, request = collector.spans
    assert (request.trace_id.hex(), request.span_id.hex(), request.kind) == (TRACE, OWN, SERVER)
    assert request.parent_span_id.hex() == parent
    assert (judging.trace_id.hex(), judging.parent_span_id.hex()) == (TRACE, OWN)
    assert judging.span_id.hex() != OWN


def test_of_an_error_the_type_is_sent_and_not_its_text() -> None:
    with collecting() as collector:
        with exporting(collector.url, "1"), pytest.raises(ValueError), span("judge", GIVEN, {}):  # noqa: PT011
            raise ValueError("secret of Mrs. De Vries")
        [sent] = collector.spans
        assert not any(b"De Vries" in body for body in collector.bodies)
    assert (sent.status.code, attributes(sent)) == (ERROR, {"error.type": "ValueError"})


def test_a_trace_that_its_caller_does_not_record_is_not_sent() -> None:
    with collecting() as collector:
        with exporting(collector.url, "1"), span("deliver", GIVEN[:-1] + "0", {}) as delivery:
            assert (delivery.traceparent or "").startswith(f"00-{TRACE}-")
            assert traceparent_for("").endswith("-01")  # a new one is
        assert collector.spans == []


def test_an_endpoint_without_the_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(OSError, match=r"pip install 'meterpoort\[tracing\]'"), exporting("https://c.example", "1"):
        pass


def test_an_endpoint_that_is_no_address_is_a_mistake() -> None:
    answer = CliRunner(env={"METERPOORT_TRACING__ENDPOINT": "collector"}).invoke(main, ["serve"])
    assert answer.exit_code == 1
    assert "METERPOORT_TRACING__ENDPOINT" in answer.output
