"""The pages: every link leads somewhere, every page is found, and every command and address in them exists."""

import posixpath
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli import main
from gateway.web.routes import ROUTES
from tests.house.repository import ROOT, pages

LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
FENCED = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """As GitHub and GitLab make them: lower case, words joined by dashes, punctuation left out."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(pages()[page]):
        path = Path(posixpath.normpath(posixpath.join(page.parent, target))) if target else page
        assert (ROOT / path).exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors(pages()[path]), f"{page}: {target}#{anchor}"


def test_every_page_is_found_from_the_index() -> None:
    index = Path("docs/README.md")
    linked = {posixpath.normpath(posixpath.join("docs", target)) for target, _ in LINK.findall(pages()[index])}
    assert linked == {str(page) for page in pages() if page.parts[0] == "docs" and page != index}


def commands() -> Iterator[tuple[Path, list[str]]]:
    """Each command of the fenced sh blocks, split as a shell splits it."""
    for page, text in pages().items():
        for block in FENCED.findall(text):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                if words:
                    yield page, words


def ours() -> list[tuple[Path, list[str]]]:
    """The commands that are ours: `meterpoort …`, also by its path, in a container or as `python -m gateway`."""
    found = []
    for page, words in commands():
        for at, word in enumerate(words):
            if word.rpartition("/")[2] == "meterpoort" and words[0] not in {"useradd", "systemctl"}:
                found.append((page, words[at + 1 :]))
                break
            if words[at : at + 2] == ["-m", "gateway"]:
                found.append((page, words[at + 2 :]))
                break
    return found


def unknown_part(words: list[str]) -> str | None:
    """The first word that the command line does not know: a subcommand or an option."""
    command: click.Command = main
    for word in words:
        if word in {"|", ">", ">>", "&&", ";", "<", "&"}:
            return None
        if word.startswith("-") and word != "-":
            name = word.partition("=")[0]
            known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
            if name not in known | {"--help"}:
                return word
        elif isinstance(command, click.Group):
            found = command.commands.get(word)
            if found is None:
                return word
            command = found
    return None


def test_every_command_of_ours_exists() -> None:
    if "serve" not in main.commands:
        pytest.skip("NOT TESTED: the command line has no serve yet, so the pages are ahead of it")
    assert [(str(page), words) for page, words in ours() if unknown_part(words)] == []


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert unknown_part(["no-such-command"]) == "no-such-command"
    assert unknown_part(["--no-such-option"]) == "--no-such-option"
    assert unknown_part(["--help"]) is None


def addresses() -> Iterator[tuple[Path, str, str]]:
    """Method and path of each curl to a gateway."""
    for page, words in commands():
        if words[0] != "curl":
            continue
        method = words[words.index("-X") + 1] if "-X" in words else None
        for word in words:
            if found := re.match(r"(?:\$GATEWAY|http://(?:127\.0\.0\.1|localhost):8080)(/[^?]*)", word):
                has_body = any(option in words for option in ("--data", "--data-binary", "-d", "-F", "--form"))
                yield page, method or ("POST" if has_body else "GET"), found[1]


def test_every_address_that_is_called_exists() -> None:
    patterns = [(route.method, re.compile(re.sub(r"\{\w+\}", "[^/]+", route.path))) for route in ROUTES]
    for page, method, path in addresses():
        assert any(method == known and pattern.fullmatch(path) for known, pattern in patterns), (
            page,
            method,
            path,
        )


def test_there_are_addresses_to_look_at() -> None:
    assert len(list(addresses())) > 5


def test_every_goal_of_make_exists() -> None:
    goals = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page, text in pages().items():
        assert set(re.findall(r"`make (\w+)`", text)) <= goals, page
