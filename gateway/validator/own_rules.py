"""Rule sets of the installation: stylesheets that write SVRL, run by SaxonC on top of the rules that are known
here.

The settings name them (`[[rule_sets]]`). Each process keeps those of its gateway: names and lists of rules are
asked for in many places (`install`). Only workers and the command line judge by them, as SaxonC takes some 100 MB
of memory: they hand them to `judge`.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import msgspec
from lxml import etree

from gateway.i18n import Text
from gateway.settings import OwnRuleSet
from gateway.validator.finding import Finding, Flag, Stage, WrongValueError
from gateway.validator.kinds import definition_of
from gateway.validator.model.document import DocumentFacts, DocumentKind
from gateway.validator.profiles import in_syntax, profile_named, rule_sets
from gateway.validator.reference import XSL, NoVerdictError, Stylesheet
from gateway.validator.verdict import FAILED_RULE, RuleSetUsed
from gateway.validator.xml.locations import name_of
from gateway.validator.xml.parsing import Parsed

_installed: tuple[OwnRuleSet, ...] = ()


def install(own: Sequence[OwnRuleSet]) -> None:
    """Make these the rule sets of the installation, instead of those before."""
    global _installed  # one process is one gateway
    _installed = tuple(own)


def installed_sets() -> tuple[OwnRuleSet, ...]:
    """The rule sets of the installation."""
    return _installed


def check_profile(name: str) -> None:
    """Raise WrongValueError (a ValueError) where no rule set has this id, neither a known one nor one of the
    installation."""
    ids = [own.id for own in _installed]
    if name.lower() not in ids:
        profile_named(name, ids)


def is_profile_about(name: str, kind: DocumentKind) -> bool:
    """Whether the rules with this id, known ones or of the installation, are about documents of a kind. True for
    an id that there is not (any more): a judgement by it says so."""
    for own in _installed:
        if own.id == name.lower():
            return is_about(own, kind)
    vocabulary = definition_of(kind).vocabulary
    try:
        return vocabulary is not None and in_syntax(profile_named(name), vocabulary) is not None
    except WrongValueError:
        return True


def encode(own: Sequence[OwnRuleSet]) -> str:
    """Rule sets as JSON, for another process."""
    return msgspec.json.encode(own, enc_hook=str).decode()


def decode(text: str) -> tuple[OwnRuleSet, ...]:
    """What `encode` made."""
    return msgspec.json.decode(text, type=tuple[OwnRuleSet, ...], dec_hook=lambda kind, value: kind(value))


# --- judging -----------------------------------------------------------------------------------------------


def is_about(own: OwnRuleSet, kind: DocumentKind) -> bool:
    """Whether a set is about documents of this kind."""
    return not own.kinds or kind.value in own.kinds


def that_judge(facts: DocumentFacts, own: Iterable[OwnRuleSet], asked: Collection[str]) -> list[OwnRuleSet]:
    """Those sets that a document claims by its CustomizationID, or that are asked for by their ids."""
    named = facts.customization_id or ""
    return [
        each
        for each in own
        if is_about(each, facts.kind)
        and (each.id in asked or (each.customization_id and each.customization_id in named))
    ]


def findings(own: OwnRuleSet, parsed: Parsed) -> list[Finding]:
    """What the stylesheet of a set says of a document, in document order. Raises NoVerdictError."""
    found = _stylesheet(own.stylesheet).findings(parsed)
    return sorted(found, key=lambda finding: (finding.line or 0, finding.column or 0))


def not_judged(own: OwnRuleSet, error: NoVerdictError, parsed: Parsed) -> Finding:
    """That a set gave no verdict on a document: it may not pass, and is not refused for it."""
    message = Text("Not judged: the rules of {name}, as their stylesheet gave no verdict.", name=own.id)
    advice = Text("The operator of this gateway corrects the stylesheet, or the setting that names it.")
    reason, path = " ".join(str(error).split()), "/" + name_of(str(parsed.root.tag))
    return Finding(FAILED_RULE, Flag.FATAL, Stage.RULES, message, location=path, found=reason, advice=advice)


def rule_set_used(own: OwnRuleSet, *, is_asked: bool) -> RuleSetUsed:
    """A set that judged a document, and why."""
    why = Text("CustomizationID names {claim}", claim=own.customization_id)
    if is_asked:
        why = Text("{profile} was asked for as well", profile=own.id)
    return RuleSetUsed(own.id, own.version, why)


@cache
def _stylesheet(path: Path) -> Stylesheet:
    """Compiled once in a process."""
    return Stylesheet(path)


# --- what the settings say of them -------------------------------------------------------------------------


def problems(own: Sequence[OwnRuleSet]) -> list[str]:
    """A sentence for each mistake that can be seen without SaxonC: an id that is taken, a kind that does not
    exist, a file that is missing or no stylesheet."""
    taken = Counter([*(rules.id for rules in rule_sets()), *(one.id for one in own)])
    found = [
        f"rule_sets: there is more than one rule set {key}" for key in {one.id for one in own} if taken[key] > 1
    ]
    for one in own:
        unknown = ", ".join(sorted(set(one.kinds) - set(DocumentKind)))
        if unknown:
            found.append(f"rule_sets: {one.id} is about {unknown}: give kinds of {', '.join(DocumentKind)}")
        try:
            if not str((root := etree.parse(one.stylesheet).getroot()).tag).startswith(XSL):
                found.append(
                    f"rule_sets: {one.stylesheet} of {one.id} is no XSLT stylesheet: its root is {root.tag!s}"
                )
        except OSError as error:
            found.append(f"rule_sets: {one.stylesheet} of {one.id} cannot be read: {error.strerror or error}")
        except etree.XMLSyntaxError as error:
            found.append(f"rule_sets: {one.stylesheet} of {one.id} is no XML: {error}")
    if own and find_spec("saxonche") is None:
        found.append("rule_sets needs SaxonC: pip install 'meterpoort[reference]'")
    return found


def problems_with_saxon(own: Sequence[OwnRuleSet]) -> list[str]:
    """The same, and what SaxonC says of the stylesheets, in a separate process: they are compiled there, which
    takes some seconds."""
    if not own or (found := problems(own)):
        return found if own else []
    command = [sys.executable, "-m", __name__, encode(own)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own module
    return [str(one) for one in json.loads(done.stdout)] if done.returncode == 0 else [done.stderr.strip()]


def _uncompilable(own: Iterable[OwnRuleSet]) -> Iterator[str]:
    for one in own:
        try:
            _stylesheet(one.stylesheet)
        except NoVerdictError as error:
            yield f"rule_sets: {one.id}: {' '.join(str(error).split())}"


if __name__ == "__main__":
    print(json.dumps(list(_uncompilable(decode(sys.argv[1])))))
