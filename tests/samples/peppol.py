"""Invoices over Peppol by name, every one valid: each country that has its own rules, and self-billing."""

from dataclasses import replace

from gateway.validator.model.document import DocumentKind
from tests.samples.catalogue import SAMPLES
from tests.samples.document import (
    PEPPOL,
    PEPPOL_PROFILE,
    Attachment,
    Delivery,
    Line,
    Payment,
    Sample,
    Vat,
)
from tests.samples.parties import BUYER_ITALIAN, SELLER_ITALIAN, Address, Party

SELF_BILLING = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0"
SELF_BILLING_PROFILE = "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0"

_GERMAN_SELLER = Party(
    name="Nordseemuster GmbH",
    address=Address("Deichstrasse 4", "Norden", "26506", country="DE"),
    endpoint=("9930", "DE888888881"),
    vat="DE888888881",
    contact=("Buchhaltung", "+49 4931 555 010", "rechnung@nordseemuster.example"),
)
_GERMAN_BUYER = Party(
    name="Musterwerk Gartenbau GmbH",
    address=Address("Beispielweg 7", "Emden", "26799", country="DE"),
    endpoint=("9930", "DE999999992"),
    vat="DE999999992",
)
_DANISH_SELLER = Party(
    name="Havbrisen Eksempel ApS",
    address=Address("Opdigtet Vej 3", "Esbjerg", "6799", country="DK"),
    endpoint=("0184", "DK99887766"),
    legal=("0184", "DK99887766"),
    identifier=("0088", "8719999000022"),
    vat="DK99887766",
)
_DANISH_BUYER = Party(
    name="Eksempel Kommune",
    address=Address("Prøvegade 1", "Ribe", "6799", country="DK"),
    endpoint=("0184", "DK99776655"),
    legal=("0184", "DK99776655"),
)
_SWEDISH_SELLER = Party(
    name="Björkexempel AB",
    address=Address("Påhittsgatan 2", "Lund", "22299", country="SE"),
    endpoint=("0007", "5599990008"),
    legal=("0007", "5599990008"),
    vat="SE559999000801",
    tax_registration="Godkänd för F-skatt",
    tax_scheme="TAX",
)
_SWEDISH_BUYER = Party(
    name="Exempelstads kommun",
    address=Address("Låtsastorget 1", "Lund", "22299", country="SE"),
    endpoint=("0007", "2199990009"),
)
_NORWEGIAN_SELLER = Party(
    name="Fjelleksempel AS",
    address=Address("Oppdiktet vei 9", "Bergen", "5099", country="NO"),
    endpoint=("0192", "999999999"),
    legal=("0192", "999999999"),
    vat="NO999999999MVA",
    tax_registration="Foretaksregisteret",
    tax_scheme="TAX",
)
_ICELANDIC_SELLER = Party(
    name="Dæmi ehf.",
    address=Address("Skálduð gata 5", "Akureyri", "699", country="IS"),
    endpoint=("0196", "9999999999"),
    legal=("0196", "9999999999"),
    vat="IS99999",
)
_ICELANDIC_BUYER = Party(
    name="Dæmabær",
    address=Address("Skálduð gata 6", "Akureyri", "699", country="IS"),
    endpoint=("0196", "9999999993"),
    legal=("0196", "9999999993"),
)
_GREEK_SELLER = Party(
    name="Paradeigma A.E.",
    trading_name="Paradeigma",
    address=Address("Odos Fantasias 8", "Athina", "10999", country="GR"),
    endpoint=("9933", "999999993"),
    vat="EL999999993",
)
_GREEK_BUYER = Party(
    name="Dimos Paradeigmatos",
    trading_name="Dimos Paradeigmatos",
    address=Address("Odos Fantasias 1", "Athina", "10999", country="GR"),
    endpoint=("9933", "888888880"),
    vat="EL888888880",
)

_INVOICE = Sample(customization=PEPPOL, profile=PEPPOL_PROFILE, number="2026-0422", order=None)
_CREDIT_NOTE = replace(SAMPLES["peppol-credit-note"], order=None)
_EVERYTHING = replace(
    SAMPLES["en16931-everything"],
    customization=PEPPOL,
    profile=PEPPOL_PROFILE,
    notes=("Werk uitgevoerd volgens bestek 2026-11.",),
)
_DENMARK = replace(_INVOICE, seller=_DANISH_SELLER, buyer=_DANISH_BUYER)

PEPPOL_SAMPLES: dict[str, Sample] = {
    "peppol-everything": _EVERYTHING,
    "peppol-everything-credit-note": replace(
        _EVERYTHING, kind=DocumentKind.CREDIT_NOTE, number="C2026-0033", project="PRJ-ZEEDIJK"
    ),
    "peppol-direct-debit": replace(
        _INVOICE,
        payments=(Payment(code="59", accounts=(), mandate="M-2024-0093", payer_account="NL51MPRT0300065264"),),
    ),
    "peppol-tax-representative": replace(
        SAMPLES["nlcius-tax-representative"], customization=PEPPOL, profile=PEPPOL_PROFILE
    ),
    "peppol-within-germany": replace(
        _INVOICE,
        seller=_GERMAN_SELLER,
        buyer=_GERMAN_BUYER,
        payments=(Payment(accounts=("DE02701500000000594937",)),),
        attachments=(Attachment("BIJL-1", "Bestek", link="https://nordseemuster.example/bestek"),),
        delivery=Delivery("2026-10-09", None, Address("Beispielweg 7", "Emden", "26799", country="DE")),
        terms="#SKONTO#TAGE=14#PROZENT=2.00#\n",
    ),
    "peppol-within-germany-direct-debit": replace(
        _INVOICE,
        seller=_GERMAN_SELLER,
        buyer=_GERMAN_BUYER,
        creditor="DE98ZZZ09999999999",
        payments=(Payment(code="59", accounts=(), mandate="M-2024-0093", payer_account="DE02701500000000594937"),),
    ),
    "peppol-within-germany-card": replace(
        _INVOICE,
        seller=_GERMAN_SELLER,
        buyer=_GERMAN_BUYER,
        payments=(Payment(code="48", accounts=(), card=("6543210987", "VISA", "G. von Emden")),),
    ),
    "peppol-within-denmark": _DENMARK,
    "peppol-within-denmark-credit-note": replace(_CREDIT_NOTE, seller=_DANISH_SELLER, buyer=_DANISH_BUYER),
    "peppol-within-sweden": replace(
        _INVOICE,
        currency="SEK",
        seller=_SWEDISH_SELLER,
        buyer=_SWEDISH_BUYER,
        payments=(Payment(code="30", accounts=("5050105",), bank="SE:BANKGIRO"),),
        lines=(Line(name="Skötsel av plantering", price="100.00", vat=Vat("S", "25.00")),),
    ),
    "peppol-norway": replace(_INVOICE, seller=_NORWEGIAN_SELLER),
    "peppol-italy": replace(
        _INVOICE, seller=replace(SELLER_ITALIAN, tax_registration="RSSMRA80A01H501U"), buyer=BUYER_ITALIAN
    ),
    "peppol-within-greece": replace(
        _INVOICE,
        number="999999993|02/11/2026|0|1.1|A|17",
        seller=_GREEK_SELLER,
        buyer=_GREEK_BUYER,
        attachments=(
            Attachment("400001234567890", "##M.AR.K##"),
            Attachment("1", "##INVOICE|URL##", link="https://paradeigma.example/17"),
        ),
    ),
    "peppol-within-iceland": replace(
        _INVOICE,
        seller=_ICELANDIC_SELLER,
        buyer=_ICELANDIC_BUYER,
        payments=(Payment(code="42", accounts=("013326005678",)),),
        attachments=(Attachment("2026-12-02", "EINDAGI"),),
    ),
    "peppol-self-billing": replace(
        _INVOICE, customization=SELF_BILLING, profile=SELF_BILLING_PROFILE, type_code="389"
    ),
    "peppol-self-billing-credit-note": replace(
        _CREDIT_NOTE, customization=SELF_BILLING, profile=SELF_BILLING_PROFILE, type_code="261"
    ),
}
