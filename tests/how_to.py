"""The worked examples of the how-to pages, carried out in a copy of the tree."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`((?:gateway|schemas|tests)/[\w./-]+\.\w+)`")


class Block(NamedTuple):
    """A block of code on a page, and the last file that the page names before it."""

    file: str
    language: str
    text: str


def blocks(page: str) -> list[Block]:
    """The blocks of a page of docs/how-to, below the heading of its example."""
    text = (ROOT / "docs" / "how-to" / page).read_text(encoding="utf-8").partition("\n## Example")[2]
    found = []
    for match in _BLOCK.finditer(text):
        named = _PATH.findall(_BLOCK.sub("", text[: match.start()]))
        found.append(Block(named[-1] if named else "", match[1], match[2]))
    return found


def files_of(page: str) -> set[str]:
    """The files that the example makes or changes."""
    return {block.file for block in blocks(page) if block.language != "text"}


def printed(page: str) -> str:
    """What the example prints."""
    [text] = [block.text for block in blocks(page) if block.language == "text"]
    return text


def carried_out(page: str, folder: Path) -> Path:
    """A copy of the tree with the example in it."""
    left_out = shutil.ignore_patterns("__pycache__", "bench", "deploy")
    for part in ("gateway", "schemas", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=left_out)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for block in blocks(page):
        path = folder / block.file
        if block.language == "diff":
            path.write_text(_patched(path.read_text(encoding="utf-8"), block.text), encoding="utf-8")
        elif block.language != "text":
            assert not path.exists(), f"{block.file} is there already"
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    return folder


def _patched(text: str, diff: str) -> str:
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if not line.startswith("+"))
    assert text.count(before) == 1, f"not there once: {before}"
    return text.replace(before, "".join(line[1:] for line in lines if not line.startswith("-")))


def run(folder: Path, *arguments: str) -> str:
    """What Python prints for these arguments, in the copy."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "LANG": "C.UTF-8"}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr
