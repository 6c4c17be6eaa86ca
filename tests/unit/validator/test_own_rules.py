"""A rule set of the installation judges on top of the others, and never leaves a document unjudged in silence."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.pipeline.worker import Job
from gateway.pipeline.workers import Workers
from gateway.settings import OwnRuleSet
from gateway.store.documents.storage import Storage
from gateway.validator import own_rules
from gateway.validator.catalogue import rule_catalogue, rule_entry, set_names
from gateway.validator.finding import Flag
from gateway.validator.judge import judge
from gateway.validator.model.document import DocumentKind
from gateway.validator.verdict import Verdict
from tests.how_to import ROOT
from tests.samples import SAMPLES, invoice, sample

pytest.importorskip("saxonche", reason="the reference engine is optional: pip install 'meterpoort[reference]'")

VALID = SAMPLES["nlcius-invoice"].xml()
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CAC = f"{UBL}CommonAggregateComponents-2"
HEAD = (
    '<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" '
    'xmlns:svrl="http://purl.oclc.org/dsdl/svrl"><xsl:template match="/">'
)
TAIL = "</xsl:template></xsl:stylesheet>"


def stylesheet(folder: Path, content: str, *, head: str = "<svrl:schematron-output>") -> Path:
    """A stylesheet that reports the same of every document."""
    path = folder / "rules.xslt"
    name = re.findall(r"<([\w:-]+)", head)
    end = f"</{name[0]}>" if name else ""
    path.write_text(f"{HEAD}{head}{content}{end}{TAIL}", encoding="utf-8")
    return path


def failed(location: str, **attributes: str) -> str:
    """A failed assertion at this place."""
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<svrl:failed-assert location="{location}"{given}><svrl:text>A text.</svrl:text></svrl:failed-assert>'


def own(path: Path, **more: object) -> OwnRuleSet:
    return OwnRuleSet(id="voorbeeld", stylesheet=path, **more)  # type: ignore[arg-type]


@pytest.fixture
def installed() -> Iterator[None]:
    yield
    own_rules.install(())


@pytest.mark.parametrize(
    "location",
    [
        f"/*:Invoice[namespace-uri()='{UBL}Invoice-2'][1]/*:InvoiceLine[namespace-uri()='{CAC}'][2]",
        f"/Q{{{{{UBL}Invoice-2}}}}Invoice[1]/Q{{{{{CAC}}}}}InvoiceLine[2]",
        "/Invoice[1]/cac:InvoiceLine[2]",
        f"/*[local-name()='Invoice']/*[local-name()='InvoiceLine' and namespace-uri()='{CAC}'][2]",
        "/Invoice[1]/cac:InvoiceLine[2]/@languageID",
        "//cac:InvoiceLine[position() = 2]",
    ],
)
def test_a_location_is_read_as_stylesheets_write_it(tmp_path: Path, location: str) -> None:
    document = invoice(3)
    path = stylesheet(tmp_path, failed(location, id="VB-1"))
    [finding] = judge(document, profile="voorbeeld", own=[own(path)]).findings
    assert finding.location == "/ubl:Invoice/cac:InvoiceLine[2]"
    second = document.index(b"<cac:InvoiceLine>", document.index(b"<cac:InvoiceLine>") + 1)
    assert finding.line == 1 + document[:second].count(b"\n")


@pytest.mark.parametrize("location", ["", "/nothing", "/Invoice[1]/cac:InvoiceLine[77]", "no XPath (", "1 + 1"])
def test_a_location_that_does_not_exist_is_the_root(tmp_path: Path, location: str) -> None:
    path = stylesheet(tmp_path, failed(location, id="VB-1"))
    [finding] = judge(VALID, profile="voorbeeld", own=[own(path)]).findings
    assert finding.location == "/ubl:Invoice"


def test_flag_role_and_id_are_read(tmp_path: Path) -> None:
    report = failed("/Invoice").replace("failed-assert", "successful-report").replace("A text", "[VB-9] A text")
    content = [
        failed("/Invoice", id="VB-1", flag="fatal"),
        failed("/Invoice", id="VB-2", flag="warning"),
        failed("/Invoice", id="VB-3", role="Information"),
        failed("/Invoice", id="VB-4", role="error"),
        failed("/Invoice", id="VB-5"),
        report,
    ]
    verdict = judge(VALID, profile="voorbeeld", own=[own(stylesheet(tmp_path, "".join(content)))])
    assert {finding.rule: finding.flag for finding in verdict.findings} == {
        "VB-1": Flag.FATAL,
        "VB-2": Flag.WARNING,
        "VB-3": Flag.WARNING,
        "VB-4": Flag.FATAL,
        "VB-5": Flag.FATAL,
        "VB-9": Flag.FATAL,
    }
    assert verdict.findings[0].message.en == verdict.findings[0].message.nl == "A text."


def test_it_comes_on_top_of_what_the_document_claims(tmp_path: Path) -> None:
    wrong = VALID.replace(b">21.00</cbc:TaxAmount>", b">22.50</cbc:TaxAmount>", 1)
    path = stylesheet(tmp_path, failed("/Invoice", id="VB-1"))
    verdict = judge(wrong, own=[own(path, customization_id="urn:fdc:nen.nl:nlcius:v1.0", version="2")])
    assert {finding.rule for finding in verdict.findings} == {"BR-CO-14", "BR-CO-15", "VB-1"}
    assert [(used.name, used.version) for used in verdict.rule_sets][-2:] == [
        ("NLCIUS", "2.0.3.13"),
        ("voorbeeld", "2"),
    ]
    assert verdict.profile == "voorbeeld"
    for other in (own(path, customization_id="urn:other"), own(path), own(path, kinds=("Order",))):
        assert judge(VALID, own=[other]).valid


def test_a_specification_that_only_it_judges_is_judged(tmp_path: Path) -> None:
    document = VALID.replace(b"#compliant#urn:fdc:nen.nl:nlcius:v1.0", b"#compliant#urn:voorbeeld:1.0")
    path = stylesheet(tmp_path, "")
    assert [finding.rule for finding in judge(document).findings] == ["MP-RULES-SPECIFICATION"]
    assert judge(document, own=[own(path, customization_id="urn:voorbeeld:")]).findings == ()


def test_a_kind_without_rules_is_judged_by_it(tmp_path: Path) -> None:
    document = sample("order-change")
    assert [finding.rule for finding in judge(document).findings] == ["MP-RULES-NONE"]
    path = stylesheet(tmp_path, failed("/OrderChange", id="VB-1", flag="warning"))
    verdict = judge(document, profile="voorbeeld", own=[own(path)])
    assert [finding.rule for finding in verdict.findings] == ["VB-1"]
    assert [used.name for used in verdict.rule_sets] == ["voorbeeld"]


def test_which_kinds_a_profile_is_about(tmp_path: Path) -> None:
    own_rules.install([own(stylesheet(tmp_path, ""), kinds=("Order",))])
    try:
        about = {
            name: [kind.value for kind in DocumentKind if own_rules.is_profile_about(name, kind)]
            for name in ("basisorder-rijk", "basisfactuur-rijk", "voorbeeld")
        }
    finally:
        own_rules.install([])
    assert about == {
        "basisorder-rijk": ["Order"],
        "basisfactuur-rijk": ["Invoice", "CreditNote", "CrossIndustryInvoice"],
        "voorbeeld": ["Order"],
    }
    assert own_rules.is_profile_about("gone", DocumentKind.INVOICE)


def test_asked_for_on_another_kind_it_says_so(tmp_path: Path) -> None:
    path = stylesheet(tmp_path, failed("/Invoice", id="VB-1"))
    [finding] = judge(VALID, also=["voorbeeld"], own=[own(path, kinds=("Order",))]).findings
    assert (finding.rule, finding.expected) == ("MP-RULES-PROFILE", "Order")


@pytest.mark.parametrize(
    ("content", "head", "why"),
    [
        ('<xsl:message terminate="yes">no verdict</xsl:message>', "", "terminated by xsl:message"),
        ("", "<html>", "no SVRL"),
        ("", "", "no XML"),
        ('<xsl:value-of select="1 +"/>', "<html>", "cannot be compiled"),
    ],
)
def test_a_stylesheet_without_a_verdict_is_never_a_pass(tmp_path: Path, content: str, head: str, why: str) -> None:
    path = stylesheet(tmp_path, content, head=head)
    verdict = judge(VALID, profile="voorbeeld", own=[own(path)])
    [finding] = verdict.findings
    assert not verdict.valid
    assert verdict.is_broken, "a message is set apart, not refused"
    assert (finding.rule, finding.line) == ("MP-RULE-FAILED", 2)
    assert why in str(finding.found)
    assert verdict.not_judged[0].en.startswith("Not judged: the rules of voorbeeld")
    assert "voorbeeld" not in {used.name for used in verdict.rule_sets}


def test_a_report_of_it_is_bounded(tmp_path: Path) -> None:
    many = '<xsl:for-each select="1 to 3000">' + failed("/Invoice", id="VB-1") + "</xsl:for-each>"
    verdict = judge(VALID, profile="voorbeeld", own=[own(stylesheet(tmp_path, many))])
    assert len(verdict.findings) < 100
    assert "MP-RULES-MORE" in {finding.rule for finding in verdict.findings}


def test_mistakes_are_reported_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "plain.xml").write_text("<a/>")
    (tmp_path / "broken.xslt").write_text("<a>")
    good = stylesheet(tmp_path, "")
    wrong = [
        own(tmp_path / "none.xslt"),
        OwnRuleSet(id="nlcius", stylesheet=good),
        OwnRuleSet(id="a", stylesheet=tmp_path / "plain.xml", kinds=("Factuur",)),
        OwnRuleSet(id="b", stylesheet=tmp_path / "broken.xslt"),
    ]
    reported = "\n".join(own_rules.problems(wrong))
    for part in (
        "more than one rule set nlcius",
        "none.xslt of voorbeeld cannot be read",
        "a is about Factuur: give kinds of Invoice, CreditNote",
        "plain.xml of a is no XSLT stylesheet",
        "broken.xslt of b is no XML",
    ):
        assert part in reported
    assert own_rules.problems([own(good)]) == own_rules.problems_with_saxon([own(good)]) == []
    stylesheet(tmp_path, '<xsl:value-of select="1 +"/>')
    [problem] = own_rules.problems_with_saxon([own(good)])
    assert "rules.xslt cannot be compiled" in problem


def test_without_saxon_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "saxonche", None)
    [problem] = own_rules.problems([own(stylesheet(tmp_path, ""))])
    assert "pip install 'meterpoort[reference]'" in problem


@pytest.mark.usefixtures("installed")
async def test_workers_judge_by_it_under_their_limits(tmp_path: Path) -> None:
    path = stylesheet(tmp_path, failed("/Invoice", id="VB-1"))
    own_rules.install([own(path, customization_id="nlcius")])
    storage, ended = Storage(tmp_path.as_uri(), 0), list[str]()
    workers = Workers(storage, 1, 1 << 30, 60, 100, ended.append)
    for judge_them in (workers.judge_small, workers.judge_apart, workers.judge_large):
        [verdict] = await judge_them([Job(VALID)])
        assert isinstance(verdict, Verdict)
        assert [finding.rule for finding in verdict.findings] == ["VB-1"]
    assert ended == []
    await workers.close()
    storage.close()


@pytest.mark.usefixtures("installed")
def test_names_and_lists_have_it(tmp_path: Path) -> None:
    path = stylesheet(tmp_path, failed("{path(.)}", id="VB-1", role="warning"))
    own_rules.install([own(path, version="2")])
    own_rules.check_profile("voorbeeld")
    with pytest.raises(ValueError, match=r"there is: nlcius, .*, voorbeeld"):
        own_rules.check_profile("voorbeel")
    assert "voorbeeld" in set_names()
    assert [(each.id, each.flag, each.version) for each in rule_catalogue("voorbeeld")] == [
        ("VB-1", Flag.WARNING, "2")
    ]
    assert rule_entry("vb-1").sentence.en == "A text."


def test_the_example_of_the_how_to_page_judges(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "use-your-own-rules.md").read_text("utf-8").partition("\n## Example")[2]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    files = {"xml": "voorbeeld.sch", "python": "compile.py", "toml": "meterpoort.toml"}
    for language, text in blocks:
        if language in files:
            assert f"`{files[language]}`" in page
            (tmp_path / files[language]).write_text(text, "utf-8")
    (tmp_path / "invoice.xml").write_bytes(VALID)
    [commands] = [text for language, text in blocks if language == "sh"]
    commands = re.sub(r"^meterpoort", "python -m gateway", commands, flags=re.MULTILINE)
    commands = re.sub(r"^python", sys.executable, commands, flags=re.MULTILINE)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "LANG": "C.UTF-8"}
    done = subprocess.run(["sh"], input=commands, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout == next(text for language, text in blocks if language == "text"), done.stderr
