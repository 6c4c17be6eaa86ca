"""The samples by name: one per feature family, every one valid, and `invoice()` for documents of any size."""

from dataclasses import replace

from gateway.validator.model.document import DocumentKind
from tests.samples import parties
from tests.samples.document import (
    CANARY_ISLANDS,
    CEUTA_MELILLA,
    EN16931,
    EXEMPT,
    EXPORT,
    INTRA_COMMUNITY,
    NLCIUS,
    OUT_OF_SCOPE,
    PEPPOL,
    PEPPOL_PROFILE,
    REDUCED,
    REVERSE_CHARGE,
    SMALL_BUSINESS,
    SPLIT_PAYMENT,
    STANDARD,
    ZERO,
    AllowanceCharge,
    Attachment,
    Delivery,
    Line,
    Payment,
    Period,
    Sample,
    Vat,
)

CREDIT_NOTE = DocumentKind.CREDIT_NOTE

SMALL_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

_FULL_LINE = Line(
    name="Betontegel 30 x 30 grijs",
    description="Betontegel met facet, 4,5 cm dik",
    price="1.85",
    price_discount="0.15",
    base_quantity="1",
    quantity="240",
    note="Geleverd op pallets",
    period=Period("2026-10-05", "2026-10-09"),
    order_line="3",
    accounting_cost="4410-WEG",
    object_identifier="WEG-0017",
    seller_item="BT3030G",
    buyer_item="ZS-7781",
    standard_item=("0160", "08719999000015"),
    classifications=(("STI", "30111600"), ("MP", "680810")),
    origin="NL",
    properties=(("Kleur", "grijs"), ("Dikte", "4,5 cm")),
    allowances=(
        AllowanceCharge(amount="22.20", reason="Staffelkorting", percent="5", base="444.00"),
        AllowanceCharge(amount="12.50", charge=True, reason="Transport", percent="2.5", base="500.00"),
    ),
)

_EVERYTHING = Sample(
    customization=EN16931,
    number="2026-0420",
    notes=("Werk uitgevoerd volgens bestek 2026-11.", "#AAI#Contactpersoon: team Beheer"),
    currency="EUR",
    tax_currency=("SEK", "1254.61"),
    accounting_cost="4410-WEG",
    period=Period("2026-10-01", "2026-10-31", "35"),
    order="INK-2026-0093",
    sales_order="VO-5521",
    preceding=(("2026-0311", "2026-08-31"), ("2026-0365", None)),
    despatch="PB-20261009",
    receipt="OB-20261012",
    originator="AANB-2026-4",
    contract="RO-2024-17",
    object_identifier=("ABT", "WEG-0017"),
    attachments=(
        Attachment("BIJL-1", "Weekstaten", SMALL_PDF, filename="weekstaten.pdf"),
        Attachment("BIJL-2", "Metingen", b"week;uren\n41;36\n", "text/csv", "metingen.csv"),
        Attachment("BIJL-3", "Bestek", link="https://wilgenroos.example/bestek/2026-11"),
    ),
    project="PRJ-ZEEDIJK",
    payee=("Factoring Duinrand B.V.", "DR-0042", "90775533"),
    delivery=Delivery(
        "2026-10-09",
        ("0088", "8719999000022"),
        parties.Address("Zeedijk 100", "Zilverstrand", "4399 BB", line="Poort 4", subdivision="Zeeland"),
        "Gemeentewerf Zilverstrand",
    ),
    payments=(
        Payment(
            code="30",
            accounts=("NL48MPRT0417164300", "NL66MPRT0912345678"),
            account_name="Factoring Duinrand",
            bank="MPRTNL2A",
            remittance="2026-0420",
        ),
    ),
    terms="Binnen 30 dagen na factuurdatum",
    allowances=(
        AllowanceCharge(amount="40.00", reason="Contractkorting", reason_code="95", percent="2", base="2000.00"),
        AllowanceCharge(
            amount="15.00", charge=True, reason="Milieutoeslag", reason_code="AEO", percent="1", base="1500.00"
        ),
        AllowanceCharge(amount="5.00", charge=True, reason="Bezorging", vat=REDUCED),
    ),
    prepaid="100.00",
    rounding="0.01",
    lines=(
        _FULL_LINE,
        Line(name="Straatwerk", price="62.50", quantity="24", unit="HUR"),
        Line(name="Bloembollen", price="35.00", quantity="4", unit="XBX", vat=REDUCED),
    ),
)


def _lines(vat: Vat) -> tuple[Line, ...]:
    return (
        Line(name="Levering volgens opdracht", price="250.00", vat=vat),
        Line(name="Nalevering", price="12.40", quantity="5", vat=vat),
    )


def _allowances(vat: Vat) -> tuple[AllowanceCharge, ...]:
    return (
        AllowanceCharge(amount="10.00", vat=vat),
        AllowanceCharge(amount="4.00", charge=True, reason="Administratie", vat=vat),
    )


_ABROAD = Delivery("2026-10-21", None, parties.Address("Beispielweg 7", "Emden", "26799", country="DE"))
_COMBINABLE = (
    STANDARD,
    REDUCED,
    ZERO,
    EXEMPT,
    REVERSE_CHARGE,
    INTRA_COMMUNITY,
    EXPORT,
    CANARY_ISLANDS,
    CEUTA_MELILLA,
)
_REPRESENTATIVE = parties.Party(
    name="Fiscaal Kantoor Duinrand B.V.",
    address=parties.Address("Havenweg 2", "Duinrand", "2099 KL"),
    endpoint=("0106", "90775533"),
    vat="NL864209757B01",
)

_PROVINCIAL = parties.Address("Zeedijk 7", "Zilverstrand", "4399 BC", line="Achterom", subdivision="Zeeland")
_DISCOURAGED = replace(
    _EVERYTHING,
    customization=NLCIUS,
    number="2026-0423",
    seller=replace(parties.SELLER, address=_PROVINCIAL, legal_form="Maatschappelijk kapitaal 90.000 euro"),
    buyer=replace(parties.BUYER, address=_PROVINCIAL),
    representative=replace(_REPRESENTATIVE, address=_PROVINCIAL),
    payments=(Payment(account_name="De Wilgenroos", bank="MPRTNL2A", remittance="2026-0423"),),
)
"""Everything that NLCIUS would rather not see, and EN 16931 allows."""

SAMPLES: dict[str, Sample] = {
    "nlcius-invoice": Sample(),
    "nlcius-invoice-full": Sample(
        number="2026-0418",
        notes=("Meerwerk in overleg met team Beheer.",),
        due="2026-12-02",
        period=Period("2026-10-01", "2026-10-31"),
        accounting_cost="4410-WEG",
        contract="RO-2024-17",
        project="PRJ-ZEEDIJK",
        attachments=(Attachment("BIJL-1", "Weekstaten", SMALL_PDF, filename="weekstaten.pdf"),),
        delivery=Delivery("2026-10-09", None, parties.Address("Zeedijk 100", "Zilverstrand", "4399 BB")),
        payments=(Payment(remittance="2026-0418", accounts=("NL48MPRT0417164300", "NL66MPRT0912345678")),),
        terms="Binnen 30 dagen na factuurdatum",
        allowances=(
            AllowanceCharge(amount="40.00", reason="Contractkorting", percent="2", base="2000.00"),
            AllowanceCharge(amount="5.00", charge=True, reason="Bezorging", vat=REDUCED),
        ),
        lines=(
            _FULL_LINE,
            Line(name="Straatwerk", price="62.50", quantity="24", unit="HUR", order_line="1"),
            Line(name="Bloembollen", price="35.00", quantity="4", unit="XBX", vat=REDUCED),
        ),
    ),
    "nlcius-credit-note": Sample(
        kind=CREDIT_NOTE,
        number="C2026-0031",
        preceding=(("2026-0417", None),),
        lines=(Line(name="Onderhoud plantsoen, te veel berekend", price="25.00"),),
    ),
    "nlcius-small-business": Sample(
        seller=parties.SELLER_SMALL,
        buyer=parties.BUYER_PRIVATE,
        lines=(Line(name="Redactie jaarverslag", price="850.00", vat=SMALL_BUSINESS),),
        allowances=(AllowanceCharge(amount="50.00", vat=SMALL_BUSINESS),),
    ),
    "nlcius-direct-debit": Sample(
        creditor="NL07ZZZ908172630000",
        payments=(Payment(code="59", accounts=(), mandate="M-2024-0093", payer_account="NL51MPRT0300065264"),),
    ),
    "nlcius-tax-representative": Sample(representative=_REPRESENTATIVE),
    "nlcius-corrective": Sample(type_code="384", number="2026-0419", preceding=(("2026-0417", None),)),
    "nlcius-discouraged": _DISCOURAGED,
    "nlcius-discouraged-credit-note": replace(_DISCOURAGED, kind=CREDIT_NOTE, number="C2026-0035", project=None),
    "basisfactuur-rijk": Sample(number="2026-0421", payments=(Payment(remittance="2026-0421"),)),
    "peppol-invoice": Sample(customization=PEPPOL, profile=PEPPOL_PROFILE, number="2026-0422"),
    "peppol-credit-note": Sample(
        kind=CREDIT_NOTE,
        customization=PEPPOL,
        profile=PEPPOL_PROFILE,
        number="C2026-0032",
        preceding=(("2026-0422", "2026-11-02"),),
    ),
    "en16931-everything": _EVERYTHING,
    "en16931-everything-credit-note": replace(
        _EVERYTHING, kind=CREDIT_NOTE, number="C2026-0033", project=None, terms="Verrekening met volgende factuur"
    ),
    "en16931-credit-note-project": Sample(
        kind=CREDIT_NOTE, customization=EN16931, number="C2026-0034", project="PRJ-ZEEDIJK"
    ),
    "en16931-card": Sample(
        customization=EN16931,
        payments=(Payment(code="48", accounts=(), card=("6543210987", "VISA", "G. van Zilverstrand")),),
    ),
    "en16931-standard": Sample(customization=EN16931, lines=_lines(STANDARD), allowances=_allowances(STANDARD)),
    "en16931-zero": Sample(customization=EN16931, lines=_lines(ZERO), allowances=_allowances(ZERO)),
    "en16931-exempt": Sample(customization=EN16931, lines=_lines(EXEMPT), allowances=_allowances(EXEMPT)),
    "en16931-reverse-charge": Sample(
        customization=EN16931, lines=_lines(REVERSE_CHARGE), allowances=_allowances(REVERSE_CHARGE)
    ),
    "en16931-intra-community": Sample(
        customization=EN16931,
        buyer=parties.BUYER_GERMAN,
        delivery=_ABROAD,
        lines=_lines(INTRA_COMMUNITY),
        allowances=_allowances(INTRA_COMMUNITY),
    ),
    "en16931-export": Sample(
        customization=EN16931, buyer=parties.BUYER_SWISS, lines=_lines(EXPORT), allowances=_allowances(EXPORT)
    ),
    "en16931-out-of-scope": Sample(
        customization=EN16931,
        seller=parties.SELLER_SMALL,
        buyer=parties.BUYER_PRIVATE,
        lines=_lines(OUT_OF_SCOPE),
        allowances=_allowances(OUT_OF_SCOPE),
    ),
    "en16931-canary-islands": Sample(
        customization=EN16931,
        seller=parties.SELLER_CANARY,
        lines=_lines(CANARY_ISLANDS),
        allowances=_allowances(CANARY_ISLANDS),
    ),
    "en16931-ceuta-melilla": Sample(
        customization=EN16931,
        seller=parties.SELLER_CANARY,
        lines=_lines(CEUTA_MELILLA),
        allowances=_allowances(CEUTA_MELILLA),
    ),
    "en16931-split-payment": Sample(
        customization=EN16931,
        seller=parties.SELLER_ITALIAN,
        buyer=parties.BUYER_ITALIAN,
        lines=_lines(SPLIT_PAYMENT),
        allowances=_allowances(SPLIT_PAYMENT),
    ),
    "en16931-mixed": Sample(
        customization=EN16931,
        buyer=parties.BUYER_GERMAN,
        delivery=_ABROAD,
        representative=_REPRESENTATIVE,
        lines=tuple(line for vat in _COMBINABLE for line in _lines(vat)),
        allowances=tuple(item for vat in _COMBINABLE for item in _allowances(vat)),
    ),
    "en16931-mixed-credit-note": Sample(
        kind=CREDIT_NOTE,
        customization=EN16931,
        buyer=parties.BUYER_GERMAN,
        delivery=_ABROAD,
        lines=tuple(line for vat in _COMBINABLE for line in _lines(vat)),
        allowances=tuple(item for vat in _COMBINABLE for item in _allowances(vat)),
    ),
    "en16931-government-seller": Sample(customization=EN16931, seller=parties.SELLER_GOVERNMENT),
}


def in_cii(bill: Sample) -> Sample:
    """The bill as a Cross Industry Invoice has it: one supporting document at most is attached, or has a
    description, and something is delivered, because the part about delivery is there in any case."""
    return replace(bill, attachments=bill.attachments[:1], delivery=bill.delivery or Delivery("2026-10-30"))


CII_SAMPLES: dict[str, Sample] = {
    "cii-invoice": in_cii(SAMPLES["nlcius-invoice"]),
    "cii-everything": in_cii(replace(_EVERYTHING, number="2026-0424", representative=_REPRESENTATIVE)),
    **{
        name.replace("nlcius", "cii").replace("en16931", "cii"): in_cii(bill)
        for name, bill in SAMPLES.items()
        if name.startswith(("nlcius", "en16931")) and name not in {"nlcius-invoice", "en16931-everything"}
    },
}
"""Bills that are written as a Cross Industry Invoice."""


def invoice(
    lines: int = 1,
    *,
    notes: int = 0,
    breakdowns: int = 1,
    attachments: int = 0,
    attachment_bytes: int = 1000,
    number: str = "2026-0417",
    customization: str = EN16931,
    seller: parties.Party = parties.SELLER,
    buyer: parties.Party = parties.BUYER,
    first: int = 0,
) -> bytes:
    """A valid invoice of a chosen size, for measurements; each line carries what a real one does.

    `breakdowns` is the number of VAT rates that the lines use in turn, 1 to 100. Another `first` gives other
    texts and amounts in the same elements.
    """
    rates = [Vat("S", f"{rate}.00") for rate in (21, *range(1, 21), *range(22, 101))][:breakdowns]
    return Sample(
        number=number,
        customization=customization,
        seller=seller,
        buyer=buyer,
        notes=tuple(f"Opmerking {n}" for n in range(first + 1, first + notes + 1)),
        attachments=tuple(
            Attachment(
                f"BIJL-{n}", f"Bijlage {n}", SMALL_PDF.ljust(attachment_bytes, b"\n"), filename=f"bijlage-{n}.pdf"
            )
            for n in range(first + 1, first + attachments + 1)
        ),
        payments=(Payment(remittance=number),),
        terms="Binnen 30 dagen na factuurdatum",
        lines=tuple(_ordinary_line(n, rates[n % len(rates)]) for n in range(first, first + lines)),
    ).xml()


def _ordinary_line(number: int, vat: Vat) -> Line:
    return Line(
        name=f"Artikel {number + 1}",
        description="Levering uit voorraad volgens opdracht",
        price=f"{5 + number % 95}.25",
        quantity=str(1 + number % 12),
        period=Period("2026-10-01", "2026-10-31"),
        order_line=str(number + 1),
        accounting_cost="4410-WEG",
        seller_item=f"ART-{number:06}",
        origin="NL",
        classifications=(("STI", "30111600"),),
        properties=(("Kleur", "grijs"),),
        vat=vat,
    )
