"""The files of the repository, for the tests that read them all."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT_ENDINGS = {
    ".py",
    ".md",
    ".toml",
    ".yml",
    ".yaml",
    ".json",
    ".sh",
    ".html",
    ".css",
    ".txt",
    ".rules",
    ".service",
    ".sql",
}
PYTHON_ROOTS = ("gateway", "deploy", "schemas", "tests")


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the repository: what .gitignore names does not."""
    ignored = {line.strip().strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line.strip()}
    return tuple(sorted(_below(ROOT, {".git", *ignored})))


def _below(directory: Path, ignored: set[str]) -> list[Path]:
    found: list[Path] = []
    for path in directory.iterdir():
        if any(path.match(pattern) for pattern in ignored):
            continue
        found += _below(path, ignored) if path.is_dir() else [path]
    return found


@cache
def texts() -> dict[Path, str]:
    """Every text of our own, by path. Samples and schemas are data."""
    return {
        path.relative_to(ROOT): path.read_text(encoding="utf-8")
        for path in files()
        if path.suffix in TEXT_ENDINGS or path.name in {"Makefile", "Dockerfile", "run"}
    }


@cache
def modules() -> dict[Path, ast.Module]:
    """Every Python module, parsed."""
    return {
        path: ast.parse(text)
        for path, text in texts().items()
        if path.suffix == ".py" and path.parts[0] in PYTHON_ROOTS
    }


def pages() -> dict[Path, str]:
    """Every page for readers."""
    return {path: text for path, text in texts().items() if path.suffix == ".md"}
