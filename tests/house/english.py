"""The English of the repository: comments, docstrings, texts, pages, and the words in names.

Run `python -m tests.house.english gateway/store` for a list of what a folder still says.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.house.repository import ROOT, texts

NOT_SCANNED = ("tests/house/", "tests/samples/documents", "docs/nl/")
"""These tests themselves, data, and what is in Dutch."""

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
    r"give[_-]?back": "release",
    r"(?:of|for|to|than|by|from) who": "of the person who, for a caller that, to its sender",
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
"""What comments, docstrings, texts and pages do not say, with what to write."""

NAMES = {
    "told": "message_for(language), pending",
    "said": "message",
    "reckon": "compute",
    "nought": "zero",
    "whoever": "caller",
    "beside": "detached",
    "give_back": "release",
    "given_back": "released",
    "wish": "request, setting",
    "wishes": "requests, settings",
    "desk": "queue",
    "door": "server, endpoint, channel",
    "doors": "services",
    "deed": "audit_event",
    "place": "line and column, ordinal, index, path, slot",
    "course": "status, forecast",
}
"""Words that no name holds, one or two in a row, with what to write."""

PARTICIPLES = {
    *("asked", "told", "named", "shown", "held", "placed", "said", "given", "taken", "kept", "known", "made"),
}
"""What no function is called: a function is a verb, or a noun for what it returns."""

PARTICIPLE = re.compile(
    r"[a-z]+ed|sent|found|written|broken|paid|drawn|seen|done|left|gone|bought|sold|built|bound"
)
"""Nor is one of the gateway."""
ALLOWED_PARTICIPLES = {
    *("feed", "seed", "embed", "need", "exceed", "speed"),
    *("coded", "unchecked", "expected", "received", "untranslated", "published"),
}
"""What may be: verbs, and adjectives for what is returned, as `published` tariffs."""

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
_QUOTED = re.compile(
    r"```.*?```|\w+:/\S*|``?[^`\n]+``?|\]\([^)]*\)|„[^”]*”|^\*[^*\n]+\*$", re.DOTALL | re.MULTILINE
)
"""Code in prose, addresses, links, quotations of Dutch, and Dutch in italics."""
_MARKUP = re.compile(r"<style.*?</style>|<[^>]*>|{%.*?%}|{#.*?#}", re.DOTALL)
_NO_SENTENCE = re.compile(r"</?\w+[:> ]|\b(?:SELECT|INSERT|CREATE|UPDATE|DELETE) ")
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
    """Every use in one file: names, comments, docstrings and texts of Python, the prose of a page."""
    if path.suffix == ".py":
        yield from _uses_in_python(path, text)
        yield from _uses_in_texts(path, text)
    elif path.suffix == ".html":
        yield from _uses_in_prose(path, _MARKUP.sub(_blank, text), 1)
    elif path.suffix in {".md", ".rules", ".toml", ".yml", ".yaml", ".service"} or path.name in {
        "Makefile",
        "Dockerfile",
    }:
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


def _uses_in_texts(path: Path, text: str) -> Iterator[Use]:
    """In string constants that are sentences: texts for people, messages, log lines, titles of test cases.

    One word is a name or a code; markup, addresses and SQL are no sentences.
    """
    module = ast.parse(text)
    statements = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if not isinstance(node, ast.Constant) or id(node) in statements:
            continue
        if isinstance(node.value, str) and " " in node.value.strip() and not _NO_SENTENCE.search(node.value):
            yield from _uses_in_prose(path, node.value, node.lineno)


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _uses_in_prose(path: Path, text: str, line: int) -> Iterator[Use]:
    prose = _QUOTED.sub(_blank, text)
    for pattern, better in _PROSE.items():
        for found in pattern.finditer(prose):
            yield Use(path, line + prose.count("\n", 0, found.start()), " ".join(found[0].split()), better)


def _uses_in_name(path: Path, line: int, name: str, defines: str) -> Iterator[Use]:
    words = [word.lower() for word in _WORDS.findall(name)]
    for word in {*words, *map("_".join, pairwise(words))} & NAMES.keys():
        yield Use(path, line, name, NAMES[word])
    if defines == "def" and _is_participle(path, name.strip("_")):
        yield Use(path, line, name, "a verb, or a noun for what it returns")
    if defines == "class" and name.strip("_") in CLASSES:
        yield Use(path, line, name, CLASSES[name.strip("_")])


def _is_participle(path: Path, name: str) -> bool:
    if name in PARTICIPLES:
        return True
    return path.parts[0] == "gateway" and bool(PARTICIPLE.fullmatch(name)) and name not in ALLOWED_PARTICIPLES


def main(folders: list[str]) -> None:
    """Print what these folders still say; all of them without an argument."""
    found = [use for use in uses() if not folders or str(use.path).startswith(tuple(folders))]
    for use in sorted(found, key=lambda use: (str(use.path), use.line)):
        sys.stdout.write(f"{use}\n")
    sys.stdout.write(f"{len(found)} in {ROOT.name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
