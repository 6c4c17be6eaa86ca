"""What the CII-SR and CII-DT rules say of an element by its path from the root alone."""

import re
from collections import defaultdict
from collections.abc import Iterator

from gateway.validator.cii.content_rules import CONTENT_RULES
from gateway.validator.cii.rules import ROWS, UNLESS
from gateway.validator.ubl.path_rules import Check, PathRules

DAY = re.compile(r"[ \t\r\n]*\d{4}(1[0-2]|0[1-9])(3[01]|[12][0-9]|0[1-9])[ \t\r\n]*")


class CiiPathRules(PathRules):
    """The rules as rows, worked out for a path."""

    ends = ("DocumentContextParameter", "ReferencedDocument", "TradeTax", "Quantity", "Amount", "ID")
    plain_texts = {"CII-DT-037": "VAT".__eq__, "CII-DT-097": DAY.fullmatch}  # noqa: RUF012 - as in the class above

    def __init__(self) -> None:
        self._absent: dict[str, list[tuple[str, str]]] = defaultdict(list)
        """By context: path and rule."""
        self._checks: dict[str, list[Check]] = defaultdict(list)
        for row in ROWS:
            for context in row.contexts:
                if row.is_absence:
                    self._absent[context].append((row.path, row.rule))
                else:
                    self._checks[context].append(Check(row.path, row.least, row.most, row.rule))
        for each in CONTENT_RULES.values():
            checks = [Check(path, most=0, topic=each.id) for path in each.looked_at]
            self._checks[each.context] += checks
        self.names = _names()

    def checks_on(self, path: str) -> tuple[Check, ...]:
        return tuple(check for context in self._contexts(path, self._checks) for check in self._checks[context])

    def unused_element(self, _root: str, path: str) -> tuple[str, ...]:
        return tuple(self._rules_against(path))

    def unused_attribute(self, path: str, name: str) -> tuple[str, ...]:
        return tuple(self._rules_against(f"{path}/@{name}"))

    def topic(self, path: str) -> str | None:
        whole = f"/{path}"
        for each in CONTENT_RULES.values():
            end = each.context
            if not each.looked_at and whole.endswith(end if end[0].isupper() else f"/{end}"):
                return each.id
        return None

    def _rules_against(self, path: str) -> Iterator[str]:
        """The rules about what is at a path. The element above it that a context names may be some steps up."""
        above, inside = path, ""
        while above:
            above, _, step = above.rpartition("/")
            inside = f"{step}/{inside}" if inside else step
            for context in self._contexts(above, self._absent):
                for wanted, rule in self._absent[context]:
                    if wanted == inside and UNLESS.get(rule, "-") not in path.split("/"):
                        yield rule

    def _contexts(self, path: str, of: dict[str, list[Check]] | dict[str, list[tuple[str, str]]]) -> list[str]:
        """The contexts that take an element at a path. One that names its whole path takes it from the others that
        go by the end of its name: an element meets the first rule of a pattern. Of these, none is about VAT totals
        or what is not in `ram`."""
        whole, name = f"/{path}", path.rpartition("/")[2]
        exact = [context for context in (whole, name) if context in of]
        if whole in of:
            return exact
        if name == "ram:TaxTotalAmount" or name.startswith(("rsm:", "udt:", "qdt:")):
            return exact
        ends = (f"*{end}" for end in self.ends if name.endswith(end))
        two = "/".join(path.split("/")[-2:])
        return [*exact, *(each for each in (*ends, two) if each in of and each not in exact)]


def _names() -> frozenset[str]:
    contexts = [
        *(context for row in ROWS for context in row.contexts),
        *(each.context for each in CONTENT_RULES.values()),
    ]
    paths = [*(row.path for row in ROWS), *(path for each in CONTENT_RULES.values() for path in each.looked_at)]
    steps = "/".join([*contexts, *paths, *UNLESS.values()]).split("/")
    return frozenset(step.removeprefix("@") for step in steps if re.match(r"[@a-z]", step))
