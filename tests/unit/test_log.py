"""The log never has the words of an error that may quote a document."""

from gateway.log import format_error

QUOTED = "IBAN NL48MPRT0417164300"


def described(error: object) -> str:
    return str(format_error(None, "error", {"event": "broke", "exc_info": error})["exception"])


def test_of_an_error_its_kind_its_causes_and_positions_are_logged_and_not_its_words() -> None:
    try:
        try:
            raise LookupError(QUOTED)
        except LookupError as cause:
            raise ValueError(QUOTED) from cause
    except ValueError as error:
        texts = [described(error), described(True), described((ValueError, error, error.__traceback__))]
    for text in texts:
        assert text == texts[0]
        assert text.count("test_log.py") == 2
        assert QUOTED not in text


def test_the_machines_own_words_are_logged() -> None:
    assert "No space left on device" in described(OSError(28, "No space left on device"))
    assert "exception" not in format_error(None, "info", {"event": "fine"})
