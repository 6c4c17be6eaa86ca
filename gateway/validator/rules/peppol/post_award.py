"""What the documents of ordering share in Peppol: how their rules are written, and the rules that several have.

Source: OpenPEPPOL, post-award, 2026.5.
"""

from collections.abc import Iterable
from datetime import date

from gateway.i18n import Text
from gateway.validator.model.terms import Document
from gateway.validator.rules.engine import Claim, Rule, RulePage, RuleSet, rule_set
from gateway.validator.rules.facts import once
from gateway.validator.rules.patterns import Pattern, RuleContext, Test
from gateway.validator.rules.peppol.amounts import AmountFacts
from gateway.validator.rules.peppol.asserts import assertion
from gateway.validator.rules.peppol.every_document import PAGE, POST_AWARD, VERSION
from gateway.validator.rules.peppol.structural import structural
from gateway.validator.rules.xpath import normal
from gateway.validator.ubl.structure import StructurePart
from gateway.validator.xml.namespaces import CBC
from gateway.validator.xml.paths import Element, children, has, text_of, texts

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


def specification(key: str, term: str, name: str) -> RuleContext:
    """CustomizationID begins with that of the transaction."""
    begin = f"{PEPPOL}trns:{name}:3"
    return RuleContext(
        ("cbc:CustomizationID",),
        (
            assertion(
                f"PEPPOL-{key}",
                term,
                Text("The specification identifier begins with {begin}.", begin=begin),
                lambda element, _facts: normal(text_of(element)).startswith(begin),
                Text("Write {begin} in cbc:CustomizationID.", begin=begin),
                found=".",
                expected=begin,
            ),
        ),
    )


def process(key: str, term: str, *allowed: str) -> RuleContext:
    """ProfileID is one of these."""
    listed = ", ".join(allowed)
    return RuleContext(
        ("cbc:ProfileID",),
        (
            assertion(
                f"PEPPOL-{key}",
                term,
                Text("The process identifier is one of: {listed}.", listed=listed),
                lambda element, _facts: normal(text_of(element)) in allowed,
                Text("Write the process in which the document is sent in cbc:ProfileID."),
                found=".",
                expected=listed,
            ),
        ),
    )


def has_one_of(*paths: str) -> Test:
    """Whether there is an element at one of these paths."""
    return lambda element, _facts: any(has(element, path) for path in paths)


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
