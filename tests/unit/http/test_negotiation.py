"""What the caller prefers, by the examples and rules of RFC 9110 section 12 and RFC 7240."""

import pytest

from gateway.http.negotiation import best_language, best_media_type, preferred_wait_seconds

FORMS = ("application/json", "text/html", "text/plain")


@pytest.mark.parametrize(
    ("accept", "best"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/*", "text/html"),
        ("text/*;q=0.3, text/plain;q=0.7, */*;q=0.1", "text/plain"),
        ("text/plain;q=0, text/*", "text/html"),
        ("application/json;q=0, */*;q=0.1", "text/html"),
        ("TEXT/HTML", "text/html"),
        ("image/png", None),
        ("*/*;q=0", None),
        ("text/html;q=nonsense", None),
        (",".join(["a/b"] * 40 + ["text/html"]), None),
    ],
)
def test_the_form_that_is_liked_best(accept: str, best: str | None) -> None:
    assert best_media_type(accept, FORMS) == best


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("nl", "nl"),
        ("nl-BE,nl;q=0.9,en;q=0.8", "nl"),
        ("en-GB,en;q=0.9,nl;q=0.8", "en"),
        ("de,nl;q=0.2", "nl"),
        ("de", "en"),
        ("nl,en", "nl"),
        ("en,nl", "en"),
        ("nl;q=0", "en"),
        ("*", "en"),
        (",;q=", "en"),
    ],
)
def test_dutch_for_who_likes_it_better(header: str, language: str) -> None:
    assert best_language(header) == language


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, 0),
        ("wait=10", 10),
        ("respond-async, wait=10", 10),
        ('Wait = "7"', 7),
        ("wait=100000", 60),
        ("wait", 0),
        ("wait=-1", 0),
        ("await=5", 0),
        ("handling=lenient; wait=3", 3),
    ],
)
def test_how_long_to_wait(prefer: str | None, seconds: float) -> None:
    assert preferred_wait_seconds(prefer, 60.0) == seconds
