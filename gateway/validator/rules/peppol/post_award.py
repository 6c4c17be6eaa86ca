"""What the documents of ordering share in Peppol: how their rules are written, and the rules that several have.

Source: OpenPEPPOL, post-award, 2026.5.
"""

from collections.abc import Callable, Iterable
from datetime import date

from gateway.validator.model.codes import PEPPOL_LISTS
from gateway.validator.model.terms import Document
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.engine import Claim, Rule, RulePage, RuleSet, rule_set
from gateway.validator.rules.facts import once
from gateway.validator.rules.forms import not_on_list
from gateway.validator.rules.patterns import Pattern, Test
from gateway.validator.rules.peppol.amounts import AmountFacts, is_from_zero
from gateway.validator.rules.peppol.every_document import PAGE, POST_AWARD, VERSION
from gateway.validator.rules.peppol.structural import structural
from gateway.validator.ubl.structure import StructurePart
from gateway.validator.xml.namespaces import CBC
from gateway.validator.xml.paths import Element, children, text_of, texts

PEPPOL = "urn:fdc:peppol.eu:poacc:"
_ID = f"{CBC}ID"


def post_award(
    transaction: str,
    name: str,
    key: str,
    document: type[Document],
    structure: StructurePart,
    *own: Pattern,
    families: tuple[Iterable[Rule], ...] = (),
) -> RuleSet:
    """The set of a transaction (`T01`): the common rules, those of its structure, its own. `key` is its profile;
    `families` are rules that are no patterns."""
    about = f"What Peppol asks of its {name.lower()} (transaction {transaction})."
    return rule_set(
        f"Peppol {name.lower()}",
        VERSION,
        *families,
        id=key,
        document=document,
        claim=Claim(f"{PEPPOL}trns:{name.lower().replace(' ', '_')}:3"),
        url="https://docs.peppol.eu/poacc/upgrade-3/",
        pages=(
            RulePage(key, f"Rules: Peppol {name.lower()}", about, rf"PEPPOL-{transaction}-(?!B).*"),
            RulePage(
                f"{key}-structure",
                f"Rules: structure of the Peppol {name.lower()}",
                f"{about} What it has, and with which codes.",
                rf"PEPPOL-{transaction}-B\d+",
                is_table=True,
            ),
            PAGE,
        ),
        patterns=(*POST_AWARD, structural(structure, transaction), *own),
        valid_from=date(2026, 8, 17),
    )


def from_zero(path: str) -> Test:
    """Whether the one number at a path is not less than 0; false where there is none."""
    return lambda element, _facts: is_from_zero(element, path)


def currencies(element: Element, facts: "LineFacts") -> Detail:
    """The currency of an amount, and that of the document."""
    return Detail(element.get("currencyID"), ", ".join(facts.currencies))


class OnList:
    """The test whether a code is on a list of Peppol."""

    def __init__(self, name: str, code: Callable[[Element], str]) -> None:
        self.codes = PEPPOL_LISTS[name]
        self.code = code

    def __call__(self, element: Element, _facts: object) -> bool:
        return self.code(element) in self.codes.values

    def detail(self, element: Element, _facts: object) -> Detail:
        """The code, and what the list has instead."""
        return not_on_list(self.code(element), self.codes)


class LineFacts(AmountFacts):
    """What rules on lines ask of the whole document."""

    def __init__(self, root: Element) -> None:
        self.root = root

    @once
    def currencies(self) -> list[str]:
        """The currency of the document; several where it is given twice."""
        return texts(self.root, "cbc:DocumentCurrencyCode")

    @once
    def lines(self) -> dict[str, set[Element | None]]:
        """By number, the line items that have it."""
        found: dict[str, set[Element | None]] = {}
        for each in children(self.root, "//cac:LineItem/cbc:ID"):
            found.setdefault(text_of(each), set()).add(each.getparent())
        return found


def has_own_number(item: Element, facts: LineFacts) -> bool:
    """Whether a line item has a number, and no other has it too."""
    numbers = facts.inside(item).elements(_ID)
    if len(numbers) == 1:
        return len(facts.lines[text_of(numbers[0])]) == 1
    return len(set().union(*(facts.lines[text_of(each)] for each in numbers))) == 1
