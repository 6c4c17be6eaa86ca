"""The pages: every link leads somewhere, every page is found, and every command and address in them exists."""

import posixpath
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli import main
from gateway.portal.pages import ROUTES
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


WRAPPERS = {("sudo", "-u"): 3, ("docker", "compose", "exec"): 4}
"""What may stand before a command, and how many words it takes with its own."""


def ours() -> list[tuple[Path, list[str]]]:
    """What follows `meterpoort`, also by its path, in a container or as `python -m gateway`."""
    found = []
    for page, given in commands():
        words = given
        for wrapper, length in WRAPPERS.items():
            words = words[length:] if tuple(words[: len(wrapper)]) == wrapper else words
        if words[0].rpartition("/")[2] == "meterpoort":
            found.append((page, words[1:]))
        elif words[1:3] == ["-m", "gateway"]:
            found.append((page, words[3:]))
    return found


def unknown_part(words: list[str]) -> str | None:
    """The first word that the command line does not know: a subcommand or an option."""
    command: click.Command = main
    for word in words:
        if word in {"|", ">", ">>", "&&", ";", "<", "&"}:
            return None
        if word.startswith("-") and word != "-":
            if word.partition("=")[0] not in options_of(command):
                return word
        elif isinstance(command, click.Group):
            found = command.get_command(click.Context(command), word)
            if found is None:
                return word
            command = found
    return None


def missing_part(words: list[str]) -> str | None:
    """The first option or argument that the command needs and does not get, by its name."""
    command: click.Command = main
    for word in words:
        if isinstance(command, click.Group) and (found := command.get_command(click.Context(command), word)):
            command = found
    if isinstance(command, click.Group):
        return None if words[-1] in {command.name, "--help", "--version"} else command.name
    for parameter in command.get_params(click.Context(command)):
        if isinstance(parameter, click.Option) and parameter.required and not {*parameter.opts} & {*words}:
            return parameter.opts[0]
    return None


def options_of(command: click.Command) -> set[str]:
    declared = command.get_params(click.Context(command))
    return {name for parameter in declared for name in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize(("page", "words"), ours(), ids=str)
def test_every_command_of_ours_exists(page: Path, words: list[str]) -> None:
    assert unknown_part(words) is None, page


@pytest.mark.parametrize(("page", "words"), [(p, w) for p, w in ours() if w], ids=str)
def test_every_command_of_ours_says_what_it_needs(page: Path, words: list[str]) -> None:
    assert missing_part(words) is None, page


def test_a_command_that_says_too_little_is_noticed() -> None:
    assert missing_part(["usage", "show", "zandrijk"]) == "--year"


def test_there_are_commands_to_look_at() -> None:
    assert {"keys"} <= {words[0] for _, words in ours() if words}


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert unknown_part(["no-such-command"]) == "no-such-command"
    assert unknown_part(["--no-such-option"]) == "--no-such-option"
    assert unknown_part(["serve", "--no-such-option"]) == "--no-such-option"
    assert unknown_part(["serve", "--help"]) is None


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


NAMED_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")


def test_every_sentence_of_the_sources_names_tests_that_exist() -> None:
    text = pages()[Path("docs/reference/source-sentences.md")]
    rows = [
        line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| Place", "| ---"))
    ]
    assert len(rows) > 60
    assert [row for row in rows if not NAMED_TEST.search(row) and not row.endswith("the same |")] == []
    for path, name in NAMED_TEST.findall(text):
        file = ROOT / (path if path.startswith("tests/") else f"tests/unit/billing/{path}")
        assert f"def {name}(" in file.read_text(encoding="utf-8"), f"{path}::{name}"


def test_every_sentence_of_the_sources_names_code_that_exists() -> None:
    text = pages()[Path("docs/reference/source-sentences.md")]
    for path, name in re.findall(
        r"`((?:gateway/|rating/|runs/|documents/)?[\w/]+\.(?:py|toml))`(?: \(`(\w+)`\))?", text
    ):
        file = ROOT / (path if path.startswith("gateway/") else f"gateway/billing/{path}")
        assert name in file.read_text(encoding="utf-8"), f"{path}: {name}"
    policies = (ROOT / "gateway/billing/rating/policies.py").read_text(encoding="utf-8")
    for name in re.findall(r"`Policies\.(\w+)`", text):
        assert f"    {name}: " in policies, name
