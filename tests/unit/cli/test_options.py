"""What commands share."""

import io

import pytest

from gateway.cli.options import progress_bar


class Terminal(io.StringIO):
    """Standard error of a command that a person runs."""

    def isatty(self) -> bool:
        return True


def work(count: int) -> None:
    with progress_bar("entries") as progress:
        for done in range(1, count + 1):
            progress(done, count)


def test_progress_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    work(100_000)
    assert "entries" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
    assert terminal.getvalue().count("\r") <= 300  # drawing it is not the work


def test_a_stage_after_another_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    with progress_bar("audit") as progress:
        progress(50, 100)
        progress(100, 100)
        progress(1, 4)
        progress(4, 4)
    shown = terminal.getvalue()
    assert shown.index("100%") < shown.index(" 25%") < shown.rindex("100%")


def test_progress_is_not_shown_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    work(10)
    assert capsys.readouterr() == ("", "")
