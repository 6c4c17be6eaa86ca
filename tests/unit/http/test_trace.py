"""W3C Trace Context: a caller's trace goes on, anything else begins a new one."""

import re

import pytest

from gateway.http.trace import traceparent_for

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
OURS = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def parts(given: str) -> tuple[str, str, str]:
    found = OURS.fullmatch(traceparent_for(given))
    assert found is not None
    return found[1], found[2], found[3]


@pytest.mark.parametrize("given", [f"00-{TRACE}-{PARENT}-01", f"cc-{TRACE}-{PARENT}-01-more-to-come"])
def test_a_trace_goes_on_under_an_identifier_of_ours(given: str) -> None:
    trace, parent, flags = parts(given)
    assert (trace, flags) == (TRACE, "01")
    assert parent != PARENT


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01\n",
    ],
)
def test_what_is_not_valid_begins_a_new_trace(given: str) -> None:
    trace, parent, flags = parts(given)
    assert trace != TRACE
    assert flags == "00"
    assert int(trace, 16) > 0 < int(parent, 16)
    assert parts(given)[0] != trace
