"""Regular expressions take linear time: each is run on long texts of the characters that it asks for."""

import ast
import importlib
import itertools
import re
import re._constants as opcodes  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import gateway

LENGTH = 50_000
"""Characters. With quadratic time they take longer than the deadline, with linear time milliseconds."""
DEADLINE_SECONDS = 10
CHARACTERS_MAX = 10
ROOT = Path(gateway.__file__).parent
USES = {"search", "match", "fullmatch", "finditer", "findall", "sub", "split"}


@dataclass
class Used:
    """A pattern of a module, and the methods that are called on it there."""

    where: str
    pattern: re.Pattern[Any]
    methods: set[str] = field(default_factory=set)


def patterns() -> Iterator[Used]:
    """Every pattern that a module compiles under a name."""
    for path in sorted(ROOT.rglob("*.py")):
        text = path.read_text()
        if "re.compile(" not in text:
            continue
        module = importlib.import_module(".".join(path.relative_to(ROOT.parent).with_suffix("").parts))
        found = {
            name: Used(f"{path.stem}.{name}", made)
            for name, made in vars(module).items()
            if isinstance(made, re.Pattern)
        }
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=method) if name in found and method in USES:
                    found[name].methods.add(method)
        yield from found.values()


def characters(parsed: Any) -> Iterator[str]:
    """The characters that a pattern names."""
    for code, argument in parsed:
        if code in (opcodes.LITERAL, opcodes.NOT_LITERAL):
            yield chr(argument)
        elif code is opcodes.RANGE:
            yield chr(argument[0])
        elif code is opcodes.CATEGORY:
            yield {opcodes.CATEGORY_DIGIT: "1", opcodes.CATEGORY_SPACE: " "}.get(argument, "x")
        elif code is opcodes.IN:
            yield from characters(argument)
        elif code in (opcodes.MAX_REPEAT, opcodes.MIN_REPEAT, opcodes.POSSESSIVE_REPEAT):
            yield from characters(argument[2])
        elif code is opcodes.SUBPATTERN:
            yield from characters(argument[3])
        elif code is opcodes.ATOMIC_GROUP:
            yield from characters(argument)
        elif code is opcodes.BRANCH:
            yield from itertools.chain.from_iterable(characters(each) for each in argument[1])
        elif code in (opcodes.ASSERT, opcodes.ASSERT_NOT):
            yield from characters(argument[1])


def long_texts(pattern: re.Pattern[Any]) -> Iterator[str]:
    found = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    named = [*dict.fromkeys(characters(found)), "x"][:CHARACTERS_MAX]
    for unit in (*named, *map("".join, itertools.permutations(named, 2))):
        repeated = unit * (LENGTH // len(unit))
        yield repeated + "\x00"
        yield named[0] + repeated


@contextmanager
def deadline(what: str) -> Iterator[None]:
    """Fail when this takes too long."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        pytest.fail(f"{what} has not ended after {DEADLINE_SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(DEADLINE_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


PATTERNS = [each for each in patterns() if each.methods]


def test_the_patterns_are_found() -> None:
    assert len(PATTERNS) > 60


@pytest.mark.parametrize("used", PATTERNS, ids=[each.where for each in PATTERNS])
def test_a_long_text_takes_linear_time(used: Used) -> None:
    for text in long_texts(used.pattern):
        subject: Any = text.encode() if isinstance(used.pattern.pattern, bytes) else text
        for method in used.methods:
            with deadline(f"{method} of {used.where} on {text[:4]!r} repeated"):
                if method == "sub":
                    used.pattern.sub(b"" if isinstance(subject, bytes) else "", subject)
                elif method == "finditer":
                    sum(1 for _ in used.pattern.finditer(subject))
                else:
                    getattr(used.pattern, method)(subject)
