"""The code lists of UBL-OHNL 1.9: a code is on the list for its element, which names no other list.

`lists.toml` has the lists: rule OHNL-CL-nn is about the nth.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from gateway.i18n import Text, either
from gateway.validator.finding import Flag
from gateway.validator.model.codes import CodeList
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.forms import not_on_list
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext
from gateway.validator.xml.paths import Element, text_of

SOURCE = "UBL-OHNL 1.9"


@dataclass(frozen=True, slots=True, eq=False)
class ListUse:
    """A code list, the elements that it is for, and what they may say of it: each attribute with its one value.
    `on` may be one attribute of any element, `@currencyID`."""

    id: str
    on: tuple[str, ...]
    codes: CodeList
    says: Mapping[str, str]

    @property
    def attribute(self) -> str:
        """The attribute that has the code; empty where it is the text of the element."""
        return self.on[0][1:] if self.on[0].startswith("@") else ""

    def is_for(self, path: str) -> bool:
        """Whether the element at a path has its codes."""
        return any(f"/{path}".endswith(f"/{name}") for name in self.on)

    def code_of(self, element: Element) -> str:
        """The code of an element."""
        return (element.get(self.attribute) or "") if self.attribute else text_of(element)

    def find_other(self, element: Element) -> str:
        """The attribute by which an element names another list; empty for none."""
        return next((name for name, value in self.says.items() if element.get(name, value) != value), "")


def _read() -> tuple[ListUse, ...]:
    rows = tomllib.loads(files(__package__).joinpath("lists.toml").read_text("utf-8"))["list"]
    return tuple(
        ListUse(
            f"OHNL-CL-{number:02}",
            tuple(row["on"]),
            CodeList(row["says"].get("listName", "Currency"), SOURCE, frozenset(row["codes"].split()), "exact"),
            row["says"],
        )
        for number, row in enumerate(rows, 1)
    )


LISTS = _read()


def list_for(path: str) -> ListUse | None:
    """The list of the element at a path, if it has one."""
    return next((each for each in LISTS if each.is_for(path)), None)


def _context(use: ListUse) -> RuleContext:
    def detail(element: Element, _facts: object) -> Detail:
        if not (name := use.find_other(element)):
            return not_on_list(use.code_of(element), use.codes)
        advice = Text('Write {name}="{value}", or leave {name} out.', name=name, value=use.says[name])
        return Detail(f'{name}="{element.get(name)}"', f'{name}="{use.says[name]}"', advice)

    rule = PatternRule(
        use.id,
        Flag.FATAL,
        Text("{what} is a code of the list {title}.", what=either(use.on), title=use.codes.title),
        lambda element, _facts: use.code_of(element) in use.codes.values and not use.find_other(element),
        SOURCE,
        detail=detail,
    )
    if use.attribute:
        return RuleContext(("//*",), (rule,), lambda element, _facts: use.attribute in element.attrib)
    return RuleContext(use.on, (rule,))


CODES: tuple[Pattern, ...] = (
    Pattern(tuple(_context(use) for use in LISTS if use.attribute)),
    Pattern(tuple(_context(use) for use in LISTS if not use.attribute)),
)
"""An attribute is another node than its element: neither takes the other from its context."""
