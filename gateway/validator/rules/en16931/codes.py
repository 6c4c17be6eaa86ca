"""Coded terms and their lists (BR-CL)."""

from collections.abc import Sequence

from gateway.i18n import Text
from gateway.validator.model.codes import LISTS, CodeList
from gateway.validator.model.invoice import (
    ALLOWANCES,
    CHARGES,
    AllowanceCharge,
    Coded,
    Note,
    ObjectReference,
    SupportingDocument,
)
from gateway.validator.rules.en16931.source import SOURCE, condition
from gateway.validator.rules.engine import Form, Rule
from gateway.validator.rules.forms import coded, not_on_list
from gateway.validator.rules.invoice_facts import InvoiceFacts

_SCHEMES = LISTS["identifier_schemes"]

_LISTED = coded(
    SOURCE,
    {
        "BR-CL-01": (
            "BT-3",
            {Coded.INVOICE_TYPE: LISTS["invoice_types"], Coded.CREDIT_NOTE_TYPE: LISTS["credit_note_types"]},
        ),
        "BR-CL-03": ("BT-5 BT-6", {Coded.AMOUNT_CURRENCY: LISTS["currencies"]}),
        "BR-CL-04": ("BT-5", {Coded.CURRENCY: LISTS["currencies"]}),
        "BR-CL-05": ("BT-6", {Coded.VAT_CURRENCY: LISTS["currencies"]}),
        "BR-CL-06": ("BT-8", {Coded.VAT_POINT_DATE: LISTS["vat_point_dates"]}),
        "BR-CL-10": (
            "BT-29 BT-46 BT-60 BT-90",
            {Coded.PARTY_SCHEME: _SCHEMES, Coded.SELLER_PARTY_SCHEME: _SCHEMES.also("SEPA")},
        ),
        "BR-CL-11": ("BT-30 BT-47 BT-61", {Coded.LEGAL_SCHEME: _SCHEMES}),
        "BR-CL-13": ("BT-158", {Coded.CLASSIFICATION_SCHEME: LISTS["classification_schemes"]}),
        "BR-CL-14": ("BT-40 BT-55 BT-69 BT-80", {Coded.COUNTRY: LISTS["countries"]}),
        "BR-CL-15": ("BT-159", {Coded.ORIGIN_COUNTRY: LISTS["countries"]}),
        "BR-CL-16": ("BT-81", {Coded.PAYMENT_MEANS: LISTS["payment_means"]}),
        "BR-CL-17": ("BT-95 BT-102 BT-118", {Coded.VAT_CATEGORY: LISTS["vat_categories"]}),
        "BR-CL-18": ("BT-151", {Coded.ITEM_VAT_CATEGORY: LISTS["vat_categories"]}),
        "BR-CL-21": ("BT-157", {Coded.STANDARD_ITEM_SCHEME: _SCHEMES}),
        "BR-CL-22": ("BT-121", {Coded.EXEMPTION_REASON: LISTS["exemption_reasons"]}),
        "BR-CL-23": ("BT-130 BT-150", {Coded.UNIT: LISTS["units"]}),
        "BR-CL-24": ("BT-125", {Coded.MEDIA_TYPE: LISTS["media_types"]}),
        "BR-CL-25": ("BT-34 BT-49", {Coded.ELECTRONIC_SCHEME: LISTS["electronic_address_schemes"]}),
        "BR-CL-26": ("BT-71", {Coded.LOCATION_SCHEME: _SCHEMES}),
    },
    called={
        "BR-CL-03": Text("the currency of an amount"),
        "BR-CL-10": Text("the scheme of a party identifier (BT-29, BT-46, BT-60; SEPA for BT-90)"),
        "BR-CL-11": Text("the scheme of a legal registration identifier (BT-30, BT-47, BT-61)"),
        "BR-CL-13": Text("the scheme of an item classification identifier (BT-158)"),
        "BR-CL-14": Text("the country of an address (BT-40, BT-55, BT-69, BT-80)"),
        "BR-CL-17": Text("the VAT category of an allowance, a charge or a breakdown (BT-95, BT-102, BT-118)"),
        "BR-CL-21": Text("the scheme of an item standard identifier (BT-157)"),
        "BR-CL-23": Text("a unit of measure (BT-130, BT-150)"),
        "BR-CL-24": Text("the Mime code of an attached document (BT-125)"),
        "BR-CL-25": Text("the scheme of an electronic address (BT-34, BT-49)"),
        "BR-CL-26": Text("the scheme of a delivery location identifier (BT-71)"),
    },
)


def _objects(facts: InvoiceFacts) -> Sequence[SupportingDocument | ObjectReference]:
    documents = [each for each in facts.invoice.all(SupportingDocument) if each.reference is not None]
    references = [each for each in facts.invoice.all(ObjectReference) if each.value is not None]
    both: list[SupportingDocument | ObjectReference] = [*documents, *references]
    return [each for each in both if _scheme(each) is not None and each.type_code == "130"]


def _scheme(node: SupportingDocument | ObjectReference) -> str | None:
    return node.reference_scheme if isinstance(node, SupportingDocument) else node.scheme


@condition(
    "BR-CL-07",
    on=SupportingDocument,
    terms="BT-18 BT-128",
    form=Form.CODED,
    sentence=Text("The scheme of an invoiced object identifier (BT-18, BT-128) is a code of UNTDID 1153."),
    detail=lambda node, _facts: not_on_list(_scheme(node), LISTS["object_schemes"]),
    select=_objects,
    applies=lambda facts: bool(facts.invoice.all(SupportingDocument) or facts.invoice.all(ObjectReference)),
)
def _object_scheme_is_coded(node: SupportingDocument | ObjectReference, _facts: InvoiceFacts) -> bool:
    return LISTS["object_schemes"].has(_scheme(node) or "")


@condition(
    "BR-CL-08",
    on=Note,
    terms="BT-21",
    form=Form.CODED,
    sentence=Text(
        "An Invoice note subject code (BT-21), written #AAI# before the note, is a code of UNTDID 4451."
    ),
    detail=lambda note, _facts: not_on_list(note.subject_code, LISTS["note_subjects"]),
)
def _note_subject_is_coded(note: Note, _facts: InvoiceFacts) -> bool:
    code = note.subject_code
    return code is None or code in LISTS["note_subjects"].text


def _reason_rule(
    key: str, terms: str, sentence: Text, kinds: tuple[type[AllowanceCharge], ...], listed: CodeList
) -> Rule:
    """The reason codes of these allowances or charges are on a list."""
    make = condition(
        key,
        on=kinds[0],
        terms=terms,
        form=Form.CODED,
        sentence=sentence,
        detail=lambda node, _facts: not_on_list(node.reason_code, listed),
        select=lambda facts: [
            node for kind in kinds for node in facts.invoice.all(kind) if node.reason_code is not None
        ],
        applies=lambda facts: facts.has_allowances_or_charges,
    )
    return make(lambda node, _facts: listed.has(node.reason_code or ""))


CODES = (
    *_LISTED,
    _object_scheme_is_coded,
    _note_subject_is_coded,
    _reason_rule(
        "BR-CL-19",
        "BT-98 BT-140",
        Text("The reason code of an allowance (BT-98, BT-140) is a code of UNTDID 5189."),
        ALLOWANCES,
        LISTS["allowance_reasons"],
    ),
    _reason_rule(
        "BR-CL-20",
        "BT-105 BT-145",
        Text("The reason code of a charge (BT-105, BT-145) is a code of UNTDID 7161."),
        CHARGES,
        LISTS["charge_reasons"],
    ),
)
