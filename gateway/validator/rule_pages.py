"""The pages of docs/reference/rules, from the catalogue: one a family, so that neighbours stand together."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from gateway.validator.catalogue import RuleEntry, rule_catalogue
from gateway.validator.rules.cases import Case


@dataclass(frozen=True, slots=True)
class Family:
    """A page: which rules stand on it, and what it says of them. `is_table`: a row a rule, there are hundreds."""

    page: str
    title: str
    about: str
    ids: str
    """A regular expression; a rule stands on the first page whose expression fits its id."""
    is_table: bool = False


FAMILIES = (
    Family(
        "vat",
        "Rules: VAT categories",
        "What each VAT category demands: BR-S, BR-Z, BR-E, BR-AE, BR-IC (code K), BR-G, BR-O, BR-AF (L), BR-AG "
        "(M) and split payment (BR-B).",
        r"BR-(S|Z|E|AE|IC|G|O|AF|AG|B)-\d+",
    ),
    Family(
        "totals",
        "Rules: totals and conditions",
        "How the totals of an invoice follow from each other, and what goes with what (BR-CO).",
        r"BR-CO-\d+",
    ),
    Family(
        "codes",
        "Rules: code lists",
        "Which terms hold a code, and from which list (BR-CL).",
        r"BR-CL-\d+",
    ),
    Family(
        "decimals",
        "Rules: decimals",
        "Amounts have at most two decimals (BR-DEC).",
        r"BR-DEC-\d+",
    ),
    Family(
        "presence",
        "Rules: what an invoice has",
        "The terms that a core invoice, or a group of it, cannot do without (BR-01 to BR-65).",
        r"BR-\d+",
    ),
    Family(
        "basisfactuur-rijk",
        "Rules: basisfactuur Rijk",
        "What recipients at the Rijk ask for on top, where they ask for the basisfactuur.",
        r"BR-NL-BFR-\d+",
    ),
    Family(
        "nlcius",
        "Rules: NLCIUS",
        "The Dutch rules of SI-UBL 2.0, for invoices that claim NLCIUS; most apply when the seller is Dutch.",
        r"(BR-NL|SI|BII2)-.+",
    ),
    Family(
        "ubl-structure",
        "Rules: UBL structure and data types",
        "How often something may stand in the XML (UBL-SR), and what attributes and amounts look like (UBL-DT).",
        r"UBL-(SR|DT)-\d+",
        is_table=True,
    ),
    Family(
        "ubl-unused",
        "Rules: UBL that an invoice has no use for",
        "Elements and attributes that nobody is obliged to read (UBL-CR): a document that has them passes, and "
        "the sender is told.",
        r"UBL-CR-\d+",
        is_table=True,
    ),
)


def rule_pages() -> dict[str, Callable[[], str]]:
    """What makes each page, by its name without `.md`."""
    return {family.page: partial(_page, family) for family in FAMILIES}


def family_of(key: str) -> Family:
    """The page that a rule stands on. Raises LookupError where there is none."""
    for family in FAMILIES:
        if re.fullmatch(family.ids, key):
            return family
    raise LookupError(f"no page of docs/reference/rules takes {key}")


def _page(family: Family) -> str:
    entries = [entry for entry in rule_catalogue() if family_of(entry.id) is family]
    body = _table(entries) if family.is_table else "\n".join(_section(entry) for entry in entries)
    sources = "; ".join(dict.fromkeys(entry.source for entry in entries))
    unbound = [entry.id for entry in entries if not entry.is_bound]
    note = f"\nNo document can break {', '.join(unbound)}: listed so that there is no gap.\n" if unbound else ""
    shown = "`meterpoort rules show <id>` prints one rule."
    return f"# {family.title}\n\n{family.about}\n{len(entries)} rules. Source: {sources}. {shown}\n{note}\n{body}"


def _table(entries: Sequence[RuleEntry]) -> str:
    sample = Counter(case.document for entry in entries for case in entry.breaks).most_common(1)[0][0]
    rows = [
        f"| {entry.id} | {entry.flag.value} | `{_cell(entry.path)}` | {_cell(_explained(entry))} "
        f"| {_cell(_breaking(entry, sample))} |\n"
        for entry in entries
    ]
    about = (
        f"Each rule holds in the sample `{sample}`, unless its row names another, and breaks with what the last "
    )
    head = "| rule | flag | about | sentence | breaks |\n| --- | --- | --- | --- | --- |\n"
    return "".join([about, "column changes; there `…` is what the rule is about.\n\n", head, *rows])


def _explained(entry: RuleEntry) -> str:
    """The sentence, without the path that stands in the column before it."""
    sentence = entry.sentence.en.removeprefix(f"{entry.path} ").partition(": nobody is obliged")[0]
    return f"{sentence}. {entry.note.en}" if entry.note else sentence


def _breaking(entry: RuleEntry, sample: str) -> str:
    """The first case that breaks the rule."""
    if not entry.breaks:
        return ""
    shown = _example(entry.breaks[0], sample)
    return re.sub(rf"`{re.escape(entry.path)}(?=[/`])", "`…", shown)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _section(entry: RuleEntry) -> str:
    """One rule: its sentence in both languages, its terms, its examples."""
    lines = [f"## {entry.id}\n", f"{entry.sentence.en}  ", f"*{entry.sentence.nl}*\n"]
    facts = [f"{entry.flag.value}" if entry.is_bound else f"{entry.flag.value}, cannot be broken", entry.form]
    facts += [f"{name.en} ({number})" for number, name in entry.terms]
    lines.append(f"{'; '.join(facts)}.\n")
    lines += [f"- holds: {_example(case)}" for case in entry.holds]
    lines += [f"- breaks: {_example(case)}" for case in entry.breaks]
    return "\n".join(lines) + ("\n" if entry.holds or entry.breaks else "")


def _example(case: Case, sample: str = "") -> str:
    """A case in one line: `nlcius-invoice` with BT-112 = `121.50`, without BT-10; also BR-CO-16. Where it starts
    from `sample`, that is left out."""
    changes = [f"{_place(place)} = `{text or ' '}`" for place, text in case.change.items()]
    changes += [f"no {_place(place)}" for place in case.remove]
    changes += [f"{_place(place)} twice" for place in case.repeat]
    also = f"; also breaks {', '.join(case.also)}" if case.also else ""
    if case.document == sample:
        return f"{', '.join(changes)}{also}"
    wanted = f" with {', '.join(changes)}" if changes else " as it is"
    return f"`{case.document}`{wanted}{also}"


def _place(place: str) -> str:
    return place if re.fullmatch(r"BT-[\d-]+", place) else f"`{place}`"
