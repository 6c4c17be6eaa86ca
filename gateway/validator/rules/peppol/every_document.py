"""PEPPOL-COMMON: the rules that every document of Peppol meets.

`IDENTIFIERS` is the same in all of them. What else orders, despatch advices and responses meet, `POST_AWARD`, an
invoice meets under other ids: PEPPOL-EN16931-R008 for empty elements, PEPPOL-EN16931-F001 for dates.

An identifier is judged by its schemeID, as electronic address, as identification of a party and as its legal or
tax registration.

Source: OpenPEPPOL, validation artefacts 2026.5.
"""

from collections.abc import Callable

from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.engine import RulePage
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext, Test, is_blank_leaf
from gateway.validator.rules.peppol import numbers
from gateway.validator.rules.peppol.asserts import SOURCE
from gateway.validator.rules.xpath import is_date, normal
from gateway.validator.xml.paths import Element, text_of, texts

VERSION = "2026.5"
PAGE = RulePage(
    "peppol-common", "Rules: Peppol, every document", "What every document of Peppol meets.", r"PEPPOL-COMMON-.*"
)

Check = Callable[[str], bool]


def text_detail(expected: str | None = None) -> Callable[[Element, object], Detail]:
    """The detail of a breach whose value is the text of the element."""
    return lambda element, _facts: Detail(text_of(element), expected)


_ADDRESS = "cbc:EndpointID"
_ANYWHERE = (_ADDRESS, "cac:PartyIdentification/cbc:ID", "cbc:CompanyID")
_NUMBER_ADVICE = Text("Correct the number; where it is of another kind, give the scheme of that kind.")


def _fits(check: Check) -> Test:
    return lambda element, _facts: check(normal(text_of(element)))


def _fits_as_written(check: Check) -> Test:
    return lambda element, _facts: check(text_of(element))


def _number(rule: str, flag: Flag, scheme: str, sentence: Text, holds: Test, example: str) -> RuleContext:
    """One rule on the identifiers of one scheme."""
    paths = (_ADDRESS,) if rule == "R046" else _ANYWHERE
    key = f"PEPPOL-COMMON-{rule}"
    judged = PatternRule(
        key, flag, sentence, holds, SOURCE, _NUMBER_ADVICE, detail=text_detail(f"{example} ({scheme})")
    )
    return RuleContext(paths, (judged,), scheme=scheme)


def _is_dutch_vat_number(element: Element, _facts: object) -> bool:
    above = element.getparent()
    schemes = [] if above is None else texts(above, "cac:TaxScheme/cbc:ID")
    return len(schemes) == 1 and normal(schemes[0]) == "VAT" and normal(text_of(element)).startswith("NL")


_CODICE_FISCALE = Text("An Italian tax code is eleven digits, or sixteen letters and digits in their places.")
_DUTCH_VAT = Text("A Dutch VAT number is NL, nine digits, B and two digits.")
_PERSON = "RSSMRA80A01H501U"
_VAT = "NL001234567B01"

IDENTIFIERS = Pattern(
    (
        _number(
            "R040",
            Flag.FATAL,
            "0088",
            Text("A GLN (0088) is digits, of which the last is the check digit."),
            _fits(numbers.is_gln),
            "8712345000004",
        ),
        _number(
            "R041",
            Flag.FATAL,
            "0192",
            Text("A Norwegian organisation number (0192) is nine digits, of which the last is the check digit."),
            _fits(numbers.is_norwegian),
            "974760673",
        ),
        _number(
            "R042",
            Flag.FATAL,
            "0184",
            Text("A Danish CVR number (0184) is eight digits, with or without DK before them."),
            _fits_as_written(numbers.is_danish_cvr),
            "DK16356709",
        ),
        _number(
            "R052",
            Flag.FATAL,
            "0096",
            Text("A Danish P number (0096) is ten digits."),
            _fits_as_written(numbers.is_danish_p),
            "1234567890",
        ),
        _number(
            "R053",
            Flag.FATAL,
            "0198",
            Text("A Danish SE number (0198) is DK and eight digits."),
            _fits_as_written(numbers.is_danish_se),
            "DK16356709",
        ),
        _number(
            "R043",
            Flag.FATAL,
            "0208",
            Text("A Belgian enterprise number (0208) is ten digits, of which the last two are check digits."),
            _fits(numbers.is_belgian),
            "0123456749",
        ),
        _number(
            "R044",
            Flag.WARNING,
            "0201",
            Text("The code of an Italian public office (0201) is six letters and digits."),
            _fits(numbers.is_codice_ipa),
            "UFA1B2",
        ),
        _number("R045", Flag.WARNING, "0210", _CODICE_FISCALE, _fits(numbers.is_codice_fiscale), _PERSON),
        _number("R046", Flag.WARNING, "9907", _CODICE_FISCALE, _fits(numbers.is_codice_fiscale), _PERSON),
        _number(
            "R047",
            Flag.WARNING,
            "0211",
            Text("An Italian VAT number (0211) is IT and eleven digits, of which the last is the check digit."),
            _fits(numbers.is_partita_iva),
            "IT12345678903",
        ),
        _number(
            "R049",
            Flag.FATAL,
            "0007",
            Text("A Swedish organisation number (0007) is ten digits, of which the last is the check digit."),
            _fits(numbers.is_swedish),
            "2120000142",
        ),
        _number(
            "R050",
            Flag.FATAL,
            "0151",
            Text(
                "An Australian Business Number (0151) is eleven digits, of which the first two are check digits."
            ),
            _fits(numbers.is_australian),
            "51824753556",
        ),
        _number(
            "R054",
            Flag.WARNING,
            "0106",
            Text("A KvK number (0106) is eight digits."),
            _fits(numbers.is_kvk),
            "12345678",
        ),
        _number(
            "R055",
            Flag.WARNING,
            "0190",
            Text("An OIN (0190) is twenty digits."),
            _fits(numbers.is_oin),
            "00000001001234567000",
        ),
        _number("R056-1", Flag.WARNING, "9944", _DUTCH_VAT, _fits(numbers.is_dutch_vat), _VAT),
        RuleContext(
            ("cac:PartyTaxScheme/cbc:CompanyID",),
            (
                PatternRule(
                    "PEPPOL-COMMON-R056-2",
                    Flag.WARNING,
                    _DUTCH_VAT,
                    _fits(numbers.is_dutch_vat),
                    SOURCE,
                    Text("Correct the VAT number; write it without dots and blanks."),
                    detail=text_detail(_VAT),
                ),
            ),
            _is_dutch_vat_number,
        ),
        _number(
            "R057",
            Flag.WARNING,
            "0217",
            Text("A Dutch establishment number (0217) is twelve digits."),
            _fits(numbers.is_dutch_establishment),
            "000012345678",
        ),
    )
)
"""What the identifiers of parties look like, by their scheme."""

DATES = ("IssueDate", "DueDate", "TaxPointDate", "StartDate", "EndDate", "ActualDeliveryDate")
DATE_ADVICE = Text("Write the date as 2026-01-31, without a time or a time zone.")


def is_plain_date(element: Element, _facts: object) -> bool:
    """Whether an element holds a date of the calendar in ten characters."""
    return len(text_of(element)) == 10 and is_date(text_of(element))


def has_no_schema_location(element: Element, _facts: object) -> bool:
    """Whether an element does not name a schema."""
    return all(etree.QName(name).localname != "schemaLocation" for name in element.attrib)


def empty_elements(key: str, source: str) -> Pattern:
    """The rule, under this id, that a document has no empty elements."""
    rule = PatternRule(
        key,
        Flag.FATAL,
        Text("A document has no empty elements."),
        None,
        source,
        Text("Fill it in, or leave the element out."),
    )
    return Pattern((RuleContext(("//*",), (rule,), is_blank_leaf),))


POST_AWARD = (
    empty_elements("PEPPOL-COMMON-R001", SOURCE),
    Pattern(
        (
            RuleContext(
                ("/*",),
                (
                    PatternRule(
                        "PEPPOL-COMMON-R003",
                        Flag.WARNING,
                        Text("A document does not say where its schema is."),
                        has_no_schema_location,
                        SOURCE,
                        Text("Leave xsi:schemaLocation out."),
                    ),
                ),
            ),
            RuleContext(
                tuple(f"cbc:{name}" for name in DATES),
                (
                    PatternRule(
                        "PEPPOL-COMMON-R030",
                        Flag.FATAL,
                        Text("A date is written YYYY-MM-DD."),
                        is_plain_date,
                        SOURCE,
                        DATE_ADVICE,
                        detail=text_detail("2026-01-31"),
                    ),
                ),
            ),
        )
    ),
    IDENTIFIERS,
)
"""The common rules of orders, despatch advices, catalogues and responses: all twenty."""
