"""The reference pages that are made from the code: `python -m gateway.docs` writes them, a test holds them to it.

Like `app` this module may import every room, and no room imports it. A new page is one line in `PAGES`.
"""

import ast
import inspect
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import get_type_hints

import msgspec

from gateway import settings
from gateway.api.reference import api_reference, problems_reference
from gateway.metrics import FORESEEN, Described, Metrics
from gateway.validator.checks import checks_page
from gateway.validator.rule_pages import rule_pages

DOCS = Path(__file__).resolve().parents[1] / "docs"
MADE = "<!-- Made from the code by `make docs`; change the code, not this page. -->\n\n"


def settings_page() -> str:
    """docs/reference/settings.md"""
    reasons = attribute_docstrings(settings)
    parts = [MADE, _SETTINGS_INTRODUCTION]
    top = settings.Settings
    parts.append(_settings_table("At the top of the file", top, "", reasons))
    for name, kind in get_type_hints(top).items():
        if issubclass(kind, msgspec.Struct):
            parts.append(_settings_table(f"`[{name}]`", kind, name, reasons))
    return "".join(parts).rstrip() + "\n"


_SETTINGS_INTRODUCTION = """\
# Settings

Meterpoort reads its settings once, when it starts: first the defaults below, then the TOML file named by
`--config` or `METERPOORT_CONFIG`, then the environment, which wins. A setting `port` in the table `[http]` is
`METERPOORT_HTTP__PORT` in the environment. Units are in the names. A setting that is unknown or malformed stops
the gateway before it takes anything in; everything that is wrong is listed at once.

```toml
data_directory = "/var/lib/meterpoort"

[http]
host = "0.0.0.0"

[database]
url = "postgresql://meterpoort@db/meterpoort"
password_file = "/run/secrets/database_password"
```

"""


def _settings_table(
    title: str, kind: type[msgspec.Struct], table: str, reasons: dict[tuple[str, str], str]
) -> str:
    rows = [
        f"| `{field.name}` | {_default(field.default)} | {reasons[kind.__name__, field.name]} |\n"
        for field in msgspec.structs.fields(kind)
        if not isinstance(field.default, msgspec.Struct)
    ]
    about = f"{inspect.getdoc(kind)}\n\n" if table else ""
    return f"## {title}\n\n{about}| setting | default | reason |\n| --- | --- | --- |\n{''.join(rows)}\n"


def _default(value: object) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int | float):
        return f"`{value:_.15g}`" if value >= 10_000 else f"`{value:g}`"
    return f"`{value}`"


def attribute_docstrings(module: ModuleType) -> dict[tuple[str, str], str]:
    """The strings under attributes, by class and attribute: Python keeps them in the source alone."""
    found: dict[tuple[str, str], str] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ClassDef):
            found.update({(node.name, name): text for name, text in _documented(node.body)})
    return found


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for attribute, after in itertools.pairwise(body):
        match attribute, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())
            case _:
                pass


def metrics_page() -> str:
    """docs/reference/metrics.md"""
    described = Metrics("0", data_directory=Path("/")).described
    rows = [_metric_row(metric) for metric in sorted(described, key=lambda metric: metric.name)]
    labels = [
        f"| `{label}` | {', '.join(f'`{value}`' for value in FORESEEN[label])} |\n" for label in sorted(FORESEEN)
    ]
    return MADE + _METRICS_INTRODUCTION + "".join(rows) + _LABELS_INTRODUCTION + "".join(labels)


def _metric_row(metric: Described) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.type} | {labels} | {metric.meaning} |\n"


_METRICS_INTRODUCTION = """\
# Metrics

`GET /metrics` answers in Prometheus's text format, or in OpenMetrics when the Accept header asks for it. Beside
the metrics below it carries `process_*` (memory, file descriptors, processor time, start) of the server process.
Worker processes count nothing themselves; the server counts what they report.

No label holds a party, a document number or a kenmerk: for these there are the API and the log. Counters live in
the process and begin at zero when it starts: for money only the meter in the store counts.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
"""

_LABELS_INTRODUCTION = """
## Labels

`rule` is the id of a rule, and `other` from the thousandth id on. `version` and `python` are what
runs. The other labels take these values alone:

| label | values |
| --- | --- |
"""


def api_page() -> str:
    """docs/reference/api.md"""
    return MADE + api_reference()


def problems_page() -> str:
    """docs/reference/problems.md"""
    return MADE + problems_reference()


def _made(page: Callable[[], str]) -> Callable[[], str]:
    return lambda: MADE + page()


PAGES: dict[str, Callable[[], str]] = {
    "reference/api.md": api_page,
    "reference/checks.md": _made(checks_page),
    "reference/metrics.md": metrics_page,
    "reference/problems.md": problems_page,
    "reference/settings.md": settings_page,
    **{f"reference/rules/{name}.md": _made(page) for name, page in rule_pages().items()},
}
"""Each page made from the code, by its path under docs/. The index comes after all of them."""


def index_page() -> str:
    """docs/README.md: every page by what a reader comes for (Diátaxis), with its first sentence."""
    sections = [
        f"## {title}\n\n{about}\n\n{''.join(entries)}"
        for folder, title, about in _SECTIONS
        if (entries := _entries(folder))
    ]
    return MADE + _INDEX_INTRODUCTION + "\n".join(sections)


_INDEX_INTRODUCTION = """\
# Documentation

Start with the tutorial if you are new. A how-to answers one question of somebody who knows what they want; the
reference is for looking things up; the explanation tells why things are as they are.

"""

_SECTIONS = (
    ("tutorial", "Tutorial", "Learn by doing: from nothing to a delivered and metered invoice."),
    ("how-to", "How-to", "One task a page, for suppliers, recipients, operators and finance."),
    ("reference", "Reference", "What there is, complete and dry."),
    (
        "reference/rules",
        "Rules",
        "Every rule that an invoice can be judged by, with examples that hold and break.",
    ),
    ("explanation", "Explanation", "Why it is as it is."),
    ("explanation/decisions", "Decisions", "What was decided, in which situation, and what follows from it."),
)


def _entries(folder: str) -> list[str]:
    pages = [(page, *_opening(page)) for page in sorted((DOCS / folder).glob("*.md"))]
    return [f"- [{title}]({folder}/{page.name}): {sentence}\n" for page, title, sentence in pages]


def _opening(page: Path) -> tuple[str, str]:
    """A page's title and its first sentence."""
    text = page.read_text(encoding="utf-8")
    found = re.search(r"^# (?P<title>.+)\n+(?P<first>[^#|<`\n-](?:.+\n)+|`.+\n(?:.+\n)*)", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"{page} must open with a title and a sentence")
    sentence = re.split(r"(?<=[.?!])\s", " ".join(found["first"].split()))[0]
    return found["title"], re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", sentence)


def main() -> None:
    """Write every page that differs from what the code says."""
    for name, render in (PAGES | {"README.md": index_page}).items():
        page, text = DOCS / name, render()
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
            sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
