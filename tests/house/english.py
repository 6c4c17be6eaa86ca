"""The English of the repository: comments, docstrings and pages, and the words in names.

Run `python -m tests.house.english gateway/store` for a list of what a folder still says.
"""

import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house.repository import ROOT, texts

NOT_SCANNED = ("tests/house/", "tests/samples/documents")
"""These tests themselves, and data."""

PROSE = {
    r"reckon\w*": "compute",
    r"nought": "zero",
    r"whoever": "the caller, anyone who",
    r"beside": "next to, with; of attachments: detached",
    r"at hand": "available",
    r"(?:lies?|lay) ready": "is available",
    r"so-?many-?eth": "nth",
    r"(?:comes?|came|coming) to rest": "is completed",
    r"stands?(?! for\b)|stood": "is",
    r"t(?:akes?|aken|ook|aking) in": "accept",
    r"g[ai]v(?:es?|en|ing) back": "return",
    r"of (?:its|their|his|our|your|my) own": "its own",
    r"wish(?:es|ed)?": "request, setting, preference",
    r"(?:front )?desks?": "queue, intake service",
    r"doors?": "server, endpoint, channel",
    r"deeds?": "audit event",
    r"told": "say what is reported, to whom",
    r"make (?:an|the) outcome true": "commit the outcome",
    r"judges? what waits": "processes the queue",
    r"so-called": "say what it is",
    r"ha(?:nd|nds|nded|nding) in": "submit",
    r"betimes|hither|thither|hence|thereof|hereby|wherein|whereby|lest": "plain words",
}
"""What comments, docstrings and pages do not say, with what to write."""

NAMES = {
    "told": "message_for(language), pending",
    "said": "message",
    "reckon": "compute",
    "nought": "zero",
    "whoever": "caller",
    "beside": "detached",
    "wish": "request, setting",
    "wishes": "requests, settings",
    "desk": "queue",
    "door": "server, endpoint, channel",
    "doors": "services",
    "deed": "audit_event",
}
"""Words that no name holds, with what to write."""

PARTICIPLES = {
    *("asked", "told", "named", "shown", "held", "placed", "said", "given", "taken", "kept", "known", "made"),
    *("filled", "troubled", "wanted", "studied", "painted", "guided", "stated", "quoted", "collected"),
}
"""What no function is called: a function is a verb, or a noun for what it returns."""

CLASSES = {
    "AtRest": "Completed",
    "Course": "Outlook, Projection",
    "FrontDesk": "IntakeService",
    "Moment": "Timestamp",
    "Pauses": "Backoff",
    "Reception": "Intake",
    "Room": "ConcurrencyLimit",
    "Standing": "PayerStatus",
    "Waiting": "Message, QueuedMessage",
    "Way": "DeliveryMethod",
}
"""Names of classes that were found to mislead."""

_PROSE = {
    re.compile(rf"(?i)(?<![\w-])(?:{word})(?![\w-])".replace(" ", r"\s+")): better
    for word, better in PROSE.items()
}
_QUOTED = re.compile(r"```.*?```|``?[^`\n]+``?|\]\([^)]*\)|„[^”]*”|^\*[^*\n]+\*$", re.DOTALL | re.MULTILINE)
"""Code in prose, links, quotations of Dutch, and Dutch in italics."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True, slots=True)
class Use:
    """A word that the repository does not use, where it is used."""

    path: Path
    line: int
    word: str
    better: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word!r} – write: {self.better}"


def uses() -> Iterator[Use]:
    """Every use in the repository."""
    for path, text in texts().items():
        if not str(path).startswith(NOT_SCANNED):
            yield from uses_in(path, text)


def uses_in(path: Path, text: str) -> Iterator[Use]:
    """Every use in one file: names, comments and docstrings of Python, the prose of a page."""
    if path.suffix == ".py":
        yield from _uses_in_python(path, text)
    elif path.suffix in {".md", ".toml", ".yml", ".yaml", ".service"} or path.name in {"Makefile", "Dockerfile"}:
        yield from _uses_in_prose(path, text, 1)


def _uses_in_python(path: Path, text: str) -> Iterator[Use]:
    before, at_start, defines = "", True, ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and at_start):
            yield from _uses_in_prose(path, token.string, token.start[0])
        elif token.type == tokenize.NAME:
            defines = before if before in {"def", "class"} else ""
            yield from _uses_in_name(path, token.start[0], token.string, defines)
        if token.type not in {tokenize.COMMENT, tokenize.NL}:
            at_start = token.type in {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}
            before = token.string


def _uses_in_prose(path: Path, text: str, line: int) -> Iterator[Use]:
    prose = _QUOTED.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    for pattern, better in _PROSE.items():
        for found in pattern.finditer(prose):
            yield Use(path, line + prose.count("\n", 0, found.start()), " ".join(found[0].split()), better)


def _uses_in_name(path: Path, line: int, name: str, defines: str) -> Iterator[Use]:
    for word in {word.lower() for word in _WORDS.findall(name)} & NAMES.keys():
        yield Use(path, line, name, NAMES[word])
    if defines == "def" and name.strip("_") in PARTICIPLES:
        yield Use(path, line, name, "a verb, or a noun for what it returns")
    if defines == "class" and name.strip("_") in CLASSES:
        yield Use(path, line, name, CLASSES[name.strip("_")])


def main(folders: list[str]) -> None:
    """Print what these folders still say; all of them without an argument."""
    found = [use for use in uses() if not folders or str(use.path).startswith(tuple(folders))]
    for use in sorted(found, key=lambda use: (str(use.path), use.line)):
        sys.stdout.write(f"{use}\n")
    sys.stdout.write(f"{len(found)} in {ROOT.name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
