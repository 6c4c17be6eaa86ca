"""The pages of docs/reference/rules, from the catalogue: one for each family of rules of a set."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from gateway.validator.catalogue import RuleEntry, rule_catalogue
from gateway.validator.rules.cases import Case
from gateway.validator.rules.engine import RulePage, RuleSet
from gateway.validator.rules.sets import SETS


def rule_pages() -> dict[str, Callable[[], str]]:
    """What makes each page, by its name without `.md`."""
    return {page.name: partial(_page, page) for rules in reversed(SETS) for page in rules.pages}


def page_of(rules: RuleSet, key: str) -> RulePage:
    """The page of a set that a rule is on. Raises LookupError where there is none."""
    for page in rules.pages:
        if re.fullmatch(page.ids, key):
            return page
    raise LookupError(f"no page of {rules.name} has {key}")


def _page(page: RulePage) -> str:
    """The page, which sets that share rules may share too."""
    sets = [rules for rules in SETS if page in rules.pages]
    entries = [
        entry
        for entry in rule_catalogue()
        if any(rules.id in entry.sets and page_of(rules, entry.id) is page for rules in sets)
    ]
    times = Counter(entry.id for entry in entries)
    titles = [f"{entry.id} ({entry.set})" if times[entry.id] > 1 else entry.id for entry in entries]
    sections = (_section(title, entry) for title, entry in zip(titles, entries, strict=True))
    body = _table(entries) if page.is_table else "\n".join(sections)
    sources = "; ".join(dict.fromkeys(entry.source for entry in entries))
    unbound = [title for title, entry in zip(titles, entries, strict=True) if not entry.is_bound]
    note = f"\nNo document can break {', '.join(unbound)}: listed so that there is no gap.\n" if unbound else ""
    shown = "`meterpoort rules show <id>` prints one rule."
    published = f" (<{sets[0].url}>)" if sets[0].url else ""
    about = f"{page.about}\n{len(entries)} rules. Source: {sources}{published}. {shown}"
    return f"# {page.title}\n\n{about}\n{note}\n{body}"


def _table(entries: Sequence[RuleEntry]) -> str:
    sample = Counter(case.document for entry in entries for case in entry.breaks).most_common(1)[0][0]
    rows = [
        f"| {entry.id} | {entry.flag.value} | `{_cell(entry.path)}` | {_cell(_explanation(entry))} "
        f"| {_cell(_breaking(entry, sample))} |\n"
        for entry in entries
    ]
    about = (
        f"Each rule holds in the sample `{sample}`, unless its row names another, and breaks with what the last "
    )
    head = "| rule | flag | about | sentence | breaks |\n| --- | --- | --- | --- | --- |\n"
    return "".join([about, "column changes; there `…` is what the rule is about.\n\n", head, *rows])


def _explanation(entry: RuleEntry) -> str:
    """The sentence, without the path, which is in the column before it."""
    sentence = entry.sentence.en.removeprefix(f"{entry.path} ")
    sentence = sentence.partition(": nobody is obliged")[0].partition(": leave it out")[0]
    return f"{sentence}. {entry.note.en}" if entry.note else sentence


def _breaking(entry: RuleEntry, sample: str) -> str:
    """The first case that breaks the rule."""
    if not entry.breaks:
        return ""
    shown = _example(entry.breaks[0], sample)
    return re.sub(rf"`{re.escape(entry.path)}(?=[/`])", "`…", shown)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _section(title: str, entry: RuleEntry) -> str:
    """One rule: its sentence in both languages, its terms, its examples."""
    lines = [f"## {title}\n", f"{entry.sentence.en}  ", f"*{entry.sentence.nl}*\n"]
    facts = [f"{entry.flag.value}" if entry.is_bound else f"{entry.flag.value}, cannot be broken", entry.form]
    facts += [f"{name.en} ({number})" for number, name in entry.terms]
    facts += [f"`{entry.official}`"] if entry.official else []
    lines.append(f"{'; '.join(facts)}.{f' {entry.note.en}' if entry.note else ''}\n")
    lines += [f"- holds: {_example(case)}" for case in entry.holds]
    lines += [f"- breaks: {_example(case)}" for case in entry.breaks]
    return "\n".join(lines) + ("\n" if entry.holds or entry.breaks else "")


def _example(case: Case, sample: str = "") -> str:
    """A case in one line: `nlcius-invoice` with BT-112 = `121.50`, without BT-10; also BR-CO-16. Where it starts
    from `sample`, that is left out."""
    changes = [f"{_changed_part(part)} = `{text or ' '}`" for part, text in case.change.items()]
    changes += [f"no {_changed_part(part)}" for part in case.remove]
    changes += [f"{_changed_part(part)} twice" for part in case.repeat]
    also = f"; also breaks {', '.join(case.also)}" if case.also else ""
    if case.document == sample:
        return f"{', '.join(changes)}{also}"
    wanted = f" with {', '.join(changes)}" if changes else " as it is"
    return f"`{case.document}`{wanted}{also}"


def _changed_part(part: str) -> str:
    return part if re.fullmatch(r"BT-[\d-]+", part) else f"`{part}`"
