"""Rules of EN 16931 that fit no sentence form: one named function each."""

from operator import attrgetter

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model import invoice as bg
from gateway.validator.model.amounts import is_not_negative
from gateway.validator.model.codes import LISTS
from gateway.validator.model.dates import instant
from gateway.validator.model.invoice import Invoice
from gateway.validator.model.terms import Group, every
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.en16931.source import condition
from gateway.validator.rules.engine import Rule
from gateway.validator.rules.forms import SPACE, names
from gateway.validator.rules.invoice_facts import InvoiceFacts

_CREDIT_TRANSFER = {"30", "58"}
_ADD_SCHEME = Text('Add the attribute that names the scheme, as schemeID="0106" for a KvK number.')
_ADD_CATEGORY = Text("Add the VAT category code, as S for the standard rate, with TaxScheme/ID VAT below it.")
_ADD_COUNTRY = Text("Write the VAT number with its country, as NL123456789B01.")
_ONE_OF_BOTH = Text("Leave one of the two out.")
_ADD_ACCOUNT = Text("Add the IBAN to pay to.")


def _scheme(key: str, on: type[Group], term: str, attribute: str) -> Rule:
    """An identifier names its scheme."""
    name = names([term])
    make = condition(
        key,
        on=on,
        terms=term,
        sentence=Text("{name} names its scheme.", name=name),
        detail=lambda _node, _facts: Detail(None, "schemeID", _ADD_SCHEME, term),
    )
    value, scheme = attrgetter(attribute), attrgetter(f"{attribute}_scheme")
    return make(lambda node, _facts: value(node) is None or scheme(node) is not None)


_NO_MINUS = Text("Give the price without a minus sign and make the quantity negative instead.")


@condition(
    "BR-17",
    on=bg.Payee,
    terms="BT-59 BT-60",
    sentence=Text("Payee name (BT-59) is there, and the Payee (BG-10) is somebody else than the Seller (BG-4)."),
    advice=Text("Give the name of the payee; leave PayeeParty out where the seller itself is paid."),
)
def _payee_is_not_the_seller(payee: bg.Payee, facts: InvoiceFacts) -> bool:
    sellers = facts.invoice.sellers
    names_of_seller = {name for seller in sellers for name in seller.trading_names}
    ids_of_seller = {each.value for seller in sellers for each in seller.identifiers if each.value is not None}
    if not payee.names or names_of_seller.intersection(payee.names):
        return False
    return not ids_of_seller.intersection(each.value for each in payee.identifiers)


def _not_negative(text: str) -> bool:
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return True
    return any(is_not_negative(each) for each in every(text))


@condition(
    "BR-27",
    on=bg.InvoiceLine,
    terms="BT-146",
    sentence=Text("Item net price (BT-146) is not negative."),
    detail=lambda line, _facts: Detail(line.price.net, ">= 0", _NO_MINUS, "BT-146", line.price),
)
def _net_price_is_not_negative(line: bg.InvoiceLine, _facts: InvoiceFacts) -> bool:
    return line.price.net is not None and _not_negative(line.price.net)


@condition(
    "BR-28",
    on=bg.InvoiceLine,
    terms="BT-148",
    sentence=Text("Item gross price (BT-148) is not negative."),
    detail=lambda line, _facts: Detail(line.price.gross, ">= 0", _NO_MINUS, "BT-148", line.price),
)
def _gross_price_is_not_negative(line: bg.InvoiceLine, _facts: InvoiceFacts) -> bool:
    return line.price.gross is None or _not_negative(line.price.gross)


def _ends_after_start(period: bg.InvoicingPeriod | bg.LinePeriod, _facts: InvoiceFacts) -> bool:
    return period.start is None or period.end is None or instant(period.end) >= instant(period.start)


def _period(key: str, on: type[Group], terms: str) -> Rule:
    start, end = (names([term]) for term in terms.split())
    make = condition(
        key,
        on=on,
        terms=terms,
        sentence=Text("{end} is not before {start}.", end=end, start=start),
        detail=lambda node, _facts: Detail(node.end, f">= {node.start}", None, terms.split()[1]),
        advice=Text("Correct the start or the end of the period."),
        single=True,
    )
    return make(_ends_after_start)


def _has_vat_code(node: bg.DocumentAllowance | bg.DocumentCharge | bg.VatBreakdown, _facts: InvoiceFacts) -> bool:
    vat: tuple[bg.VatCategory, ...] = node.vat
    return any(each.code is not None and each.is_vat for each in vat)


def _vat_code(key: str, on: type[Group], term: str) -> Rule:
    name = names([term])
    make = condition(
        key,
        on=on,
        terms=term,
        sentence=Text("{name} is there, under the tax scheme VAT.", name=name),
        advice=_ADD_CATEGORY,
    )
    return make(_has_vat_code)


@condition(
    "BR-48",
    on=bg.VatBreakdown,
    terms="BT-119",
    sentence=Text(
        "Each VAT breakdown (BG-23) has a VAT category rate (BT-119), except for category O (not subject to VAT)."
    ),
    advice=Text("Add Percent, also when it is 0; only category O has none."),
)
def _breakdown_has_a_rate(breakdown: bg.VatBreakdown, _facts: InvoiceFacts) -> bool:
    under_vat = [vat for vat in breakdown.vat if vat.is_vat]
    return any(vat.rate is not None or (vat.code or "").strip(SPACE) == "O" for vat in under_vat)


@condition(
    "BR-50",
    on=bg.CreditTransfer,
    terms="BT-84",
    sentence=Text(
        "A credit transfer (BG-17, payment means 30 or 58) states the Payment account identifier (BT-84)."
    ),
    advice=Text("Fill in the IBAN to pay to in PayeeFinancialAccount/ID."),
)
def _transfer_states_its_account(transfer: bg.CreditTransfer, _facts: InvoiceFacts) -> bool:
    if not _CREDIT_TRANSFER.intersection(every(transfer.means)):
        return True
    accounts = every(transfer.account)
    return len(accounts) == 1 and bool(accounts[0].strip(SPACE))


@condition(
    "BR-51",
    on=bg.PaymentCard,
    terms="BT-87",
    flag=Flag.WARNING,
    sentence=Text(
        "Payment card primary account number (BT-87) shows at most ten characters: the first six and last four."
    ),
    advice=Text("Show the last four to six digits of the card number, never the whole number."),
    detail=lambda _card, _facts: Detail(None, "<= 10", None, "BT-87"),
    single=True,
)
def _card_number_is_cut(card: bg.PaymentCard, _facts: InvoiceFacts) -> bool:
    words = (card.number or "").translate(_ONE_SPACE).split(" ")
    return len(" ".join(word for word in words if word)) <= 10


_ONE_SPACE = str.maketrans("\t\r\n", "   ")


@condition(
    "BR-53",
    on=Invoice,
    terms="BT-111 BT-6",
    sentence=Text(
        "With a VAT accounting currency (BT-6) comes the Invoice total VAT amount in that currency (BT-111)."
    ),
    advice=Text(
        "Add a second TaxTotal with the VAT in the currency of TaxCurrencyCode, or leave TaxCurrencyCode out."
    ),
    detail=lambda invoice, _facts: Detail(None, f"BT-111 {invoice.vat_currency}", None, "BT-6"),
)
def _vat_is_given_in_accounting_currency(invoice: Invoice, _facts: InvoiceFacts) -> bool:
    if invoice.vat_currency is None:
        return True
    given = {currency for total in invoice.all(bg.VatTotal) for currency in every(total.currency)}
    return given.issuperset(every(invoice.vat_currency))


@condition(
    "BR-54",
    on=bg.ItemAttribute,
    terms="BT-160 BT-161",
    sentence=Text(
        "Each Item attribute (BG-32) has an Item attribute name (BT-160) and an Item attribute value (BT-161)."
    ),
    advice=Text("Give the attribute both a Name and a Value, or leave it out."),
)
def _attribute_has_name_and_value(attribute: bg.ItemAttribute, _facts: InvoiceFacts) -> bool:
    return attribute.name is not None and attribute.value is not None


@condition(
    "BR-56",
    on=bg.TaxRepresentative,
    terms="BT-63",
    sentence=Text("The Seller tax representative party (BG-11) has a VAT identifier (BT-63)."),
    advice=Text("Add the VAT number of the tax representative, or leave the representative out."),
)
def _representative_has_vat_identifier(party: bg.TaxRepresentative, _facts: InvoiceFacts) -> bool:
    return any(each.is_vat and each.identifier is not None for each in party.tax_registrations)


@condition(
    "BR-61",
    on=bg.PaymentInstructions,
    terms="BT-84 BT-81",
    sentence=Text(
        "Payment means 30 and 58 (credit transfer, SEPA or not) need a Payment account identifier (BT-84)."
    ),
    detail=lambda _node, _facts: Detail(None, "BT-84", _ADD_ACCOUNT, "BT-84"),
)
def _transfer_has_an_account(payment: bg.PaymentInstructions, _facts: InvoiceFacts) -> bool:
    if (payment.means or "").strip(SPACE) not in _CREDIT_TRANSFER:
        return True
    return any(each.account is not None for each in payment.transfers)


@condition(
    "BR-65",
    on=bg.Classification,
    terms="BT-158",
    sentence=Text("Item classification identifier (BT-158) names its scheme."),
    advice=Text('Name the list of the code in listID, as listID="STI" for CPV.'),
    detail=lambda _node, _facts: Detail(None, "listID", None, "BT-158"),
)
def _classification_names_its_scheme(classification: bg.Classification, _facts: InvoiceFacts) -> bool:
    return classification.scheme is not None or not classification.on_line


@condition(
    "BR-CO-03",
    on=Invoice,
    terms="BT-7 BT-8",
    sentence=Text(
        "Value added tax point date (BT-7) and Value added tax point date code (BT-8) do not go together."
    ),
    detail=lambda invoice, _facts: Detail(
        f"BT-7 = {invoice.vat_point_date}, BT-8", "BT-7 / BT-8", _ONE_OF_BOTH, "BT-7"
    ),
)
def _one_way_to_say_the_tax_point(invoice: Invoice, _facts: InvoiceFacts) -> bool:
    return invoice.vat_point_date is None or not any(each.vat_point_date_codes for each in invoice.periods)


@condition(
    "BR-CO-04",
    on=bg.InvoiceLine,
    terms="BT-151",
    sentence=Text(
        "Each Invoice line (BG-25) has an Invoiced item VAT category code (BT-151), under the tax scheme VAT."
    ),
    advice=_ADD_CATEGORY,
)
def _line_has_vat_code(line: bg.InvoiceLine, _facts: InvoiceFacts) -> bool:
    return any(each.code is not None and each.is_vat for each in line.vat)


@condition(
    "BR-CO-09",
    on=bg.TaxRegistration,
    terms="BT-31 BT-48 BT-63",
    sentence=Text("A VAT identifier (BT-31, BT-48, BT-63) begins with the code of its country, EL for Greece."),
    detail=lambda node, _facts: Detail(node.identifier, None, _ADD_COUNTRY),
)
def _vat_identifier_begins_with_country(registration: bg.TaxRegistration, _facts: InvoiceFacts) -> bool:
    if not registration.is_vat:
        return True
    numbers = every(registration.identifier)
    return not numbers or (len(numbers) == 1 and numbers[0][:2] in LISTS["vat_prefixes"].text)


@condition(
    "BR-CO-19",
    on=bg.InvoicingPeriod,
    terms="BT-73 BT-74",
    sentence=Text("The Invoicing period (BG-14) has a start date (BT-73), an end date (BT-74), or both."),
    advice=Text("Give the period a StartDate or an EndDate, or leave InvoicePeriod out."),
)
def _period_has_a_date(period: bg.InvoicingPeriod, _facts: InvoiceFacts) -> bool:
    return period.start is not None or period.end is not None or bool(period.vat_point_date_codes)


@condition(
    "BR-CO-26",
    on=bg.Seller,
    terms="BT-29 BT-30 BT-31",
    sentence=Text(
        "The Seller (BG-4) has a Seller identifier (BT-29), a legal registration identifier "
        "(BT-30) or a VAT identifier (BT-31)."
    ),
    advice=Text("Add the KvK number of the seller (PartyLegalEntity/CompanyID, schemeID 0106) or its VAT number."),
)
def _seller_can_be_identified(seller: bg.Seller, _facts: InvoiceFacts) -> bool:
    return (
        seller.legal_registration is not None
        or any(each.value is not None and each.scheme != "SEPA" for each in seller.identifiers)
        or any(each.identifier is not None and each.is_vat for each in seller.tax_registrations)
    )


def has_split_payment(facts: InvoiceFacts) -> bool:
    coded = facts.invoice.coded
    return "B" in coded.get(bg.Coded.VAT_CATEGORY, ()) or "B" in coded.get(bg.Coded.ITEM_VAT_CATEGORY, ())


@condition(
    "BR-B-01",
    on=Invoice,
    terms="BT-151 BT-95 BT-102 BT-118 BT-40 BT-55",
    sentence=Text("Split payment (VAT category B) is for invoices within Italy only."),
    advice=Text("Use another VAT category than B: outside Italy there is no split payment."),
    applies=has_split_payment,
)
def _split_payment_is_italian(_invoice: Invoice, facts: InvoiceFacts) -> bool:
    if not has_split_payment(facts):
        return True
    kinds = (bg.Coded.COUNTRY, bg.Coded.ORIGIN_COUNTRY, bg.Coded.OTHER_COUNTRY)
    return all(country == "IT" for kind in kinds for country in facts.invoice.coded.get(kind, ()))


@condition(
    "BR-B-02",
    on=Invoice,
    terms="BT-151 BT-95 BT-102 BT-118",
    sentence=Text("Split payment (VAT category B) and standard rated (S) do not go together in one invoice."),
    advice=Text("Put split payment (B) and the standard rate (S) on separate invoices."),
    applies=has_split_payment,
)
def _split_payment_excludes_standard_rate(invoice: Invoice, facts: InvoiceFacts) -> bool:
    named = set(facts.items_vat.raw) | set(facts.breakdown_vat.raw)
    named |= {code for each in invoice.allowances_and_charges for vat in each.vat for code in every(vat.code)}
    return not {"B", "S"} <= named


CONDITIONS = (
    _payee_is_not_the_seller,
    _net_price_is_not_negative,
    _gross_price_is_not_negative,
    _period("BR-29", bg.InvoicingPeriod, "BT-73 BT-74"),
    _period("BR-30", bg.LinePeriod, "BT-134 BT-135"),
    _vat_code("BR-32", bg.DocumentAllowance, "BT-95"),
    _vat_code("BR-37", bg.DocumentCharge, "BT-102"),
    _vat_code("BR-47", bg.VatBreakdown, "BT-118"),
    _breakdown_has_a_rate,
    _transfer_states_its_account,
    _card_number_is_cut,
    _vat_is_given_in_accounting_currency,
    _attribute_has_name_and_value,
    _representative_has_vat_identifier,
    _transfer_has_an_account,
    _scheme("BR-62", bg.Seller, "BT-34", "electronic_address"),
    _scheme("BR-63", bg.Buyer, "BT-49", "electronic_address"),
    _scheme("BR-64", bg.Item, "BT-157", "standard_identifier"),
    _classification_names_its_scheme,
    _one_way_to_say_the_tax_point,
    _line_has_vat_code,
    _vat_identifier_begins_with_country,
    _period_has_a_date,
    _seller_can_be_identified,
    _split_payment_is_italian,
    _split_payment_excludes_standard_rate,
)
