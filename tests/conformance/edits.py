"""The edits that make mutants: each an operator that changes a tree, drawing place and value from a number.

Operators keep a document schema-valid where that is their point (`extra`, `repeat`, `transplant`) and are
careless where it is not. The order of the operators and of their draws is part of every recorded mutant:
append, and run `python -m tests.conformance --cover` after other changes.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from random import Random

from lxml import etree

from gateway.validator.ubl.rules import MARKED_ATTRIBUTES, UNUSED_ELEMENTS
from tests.conformance import values
from tests.conformance.ubl import children, expanded, insert, minimal, prefixed
from tests.samples.xml import CAC, CBC

Operator = Callable[[etree._Element, Random], bool]

OPERATORS: dict[str, Operator] = {}
WEIGHTS: dict[str, int] = {}


def operator(weight: int) -> Callable[[Operator], Operator]:
    """Register an operator; it changes the tree and says whether it found something to change."""

    def register(function: Operator) -> Operator:
        OPERATORS[function.__name__] = function
        WEIGHTS[function.__name__] = weight
        return function

    return register


# What operators look for ------------------------------------------------------------------------------------


def _elements(root: etree._Element) -> list[etree._Element]:
    return [node for node in root.iterdescendants() if isinstance(node.tag, str)]


def leaves_of(root: etree._Element, *endings: str) -> list[etree._Element]:
    leaves = [node for node in _elements(root) if len(node) == 0]
    return [node for node in leaves if not endings or etree.QName(node).localname.endswith(endings)]


def _numbers(root: etree._Element) -> list[etree._Element]:
    return leaves_of(root, "Amount", "Quantity", "Percent", "Numeric", "Rate", "Measure")


def pick(random: Random, nodes: list[etree._Element]) -> etree._Element | None:
    return random.choice(nodes) if nodes else None


def _tag(node: etree._Element) -> str:
    return str(node.tag)


def _remove(node: etree._Element) -> None:
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)


# The operators ----------------------------------------------------------------------------------------------


@operator(weight=8)
def drop(root: etree._Element, random: Random) -> bool:
    """An element less, with all that is in it."""
    node = pick(random, _elements(root))
    if node is None:
        return False
    _remove(node)
    return True


@operator(weight=3)
def drop_every(root: etree._Element, random: Random) -> bool:
    """Every element of one name less."""
    node = pick(random, _elements(root))
    if node is None:
        return False
    for same in list(root.iter(_tag(node))):
        _remove(same)
    return True


@operator(weight=4)
def blank(root: etree._Element, random: Random) -> bool:
    """An element without text, or with white space alone."""
    node = pick(random, leaves_of(root))
    if node is None:
        return False
    node.text = random.choice((None, "", " ", "\n\t", " "))
    return True


@operator(weight=2)
def hollow(root: etree._Element, random: Random) -> bool:
    """An aggregate that holds nothing."""
    node = pick(random, [node for node in _elements(root) if len(node)])
    if node is None:
        return False
    for child in list(node):
        node.remove(child)
    node.text = None
    return True


@operator(weight=6)
def double(root: etree._Element, random: Random) -> bool:
    """An element twice, side by side."""
    node = pick(random, _elements(root))
    parent = node.getparent() if node is not None else None
    if node is None or parent is None:
        return False
    parent.insert(parent.index(node) + 1, copy_of(node))
    return True


@operator(weight=6)
def repeat(root: etree._Element, random: Random) -> bool:
    """An element twice where UBL allows it more than once."""
    repeatable = [node for node in _elements(root) if _is_repeatable(node)]
    node = pick(random, repeatable)
    parent = node.getparent() if node is not None else None
    if node is None or parent is None:
        return False
    parent.insert(parent.index(node) + 1, copy_of(node))
    return True


def _is_repeatable(node: etree._Element) -> bool:
    parent = node.getparent()
    allowed = children(_tag(parent)) if parent is not None else ()
    return any(child.tag == node.tag and child.repeatable for child in allowed)


@operator(weight=3)
def swap(root: etree._Element, random: Random) -> bool:
    """Two elements of the same name exchange their texts."""
    node = pick(random, leaves_of(root))
    other = (
        pick(random, [same for same in root.iter(_tag(node)) if same is not node]) if node is not None else None
    )
    if node is None or other is None:
        return False
    node.text, other.text = other.text, node.text
    return True


@operator(weight=10)
def add(root: etree._Element, random: Random) -> bool:
    """An amount a little more or less: by a cent, by the edge of a tolerance, by a lot."""
    node = pick(random, leaves_of(root, "Amount"))
    return node is not None and add_to(node, random.choice(values.DELTAS))


@operator(weight=5)
def add_along(root: etree._Element, random: Random) -> bool:
    """The same change to every amount of the same name, or to tax and totals together."""
    node = pick(random, leaves_of(root, "Amount"))
    if node is None:
        return False
    delta = random.choice(values.DELTAS)
    together = {node.tag, *(f"{{{CBC}}}{name}" for name in random.choice(values.TOGETHER))}
    changed = [add_to(same, delta) for same in leaves_of(root) if same.tag in together]
    return any(changed)


@operator(weight=2)
def negate(root: etree._Element, random: Random) -> bool:
    """Every number of the document, or one, with the other sign."""
    nodes = leaves_of(root, "Amount", "InvoicedQuantity", "CreditedQuantity")
    for node in nodes if random.random() < 0.5 else random.sample(nodes, min(1, len(nodes))):
        text = (node.text or "").strip()
        node.text = text[1:] if text.startswith("-") else f"-{text}"
    return bool(nodes)


@operator(weight=6)
def odd_number(root: etree._Element, random: Random) -> bool:
    """A number as nobody should write it."""
    node = pick(random, _numbers(root))
    if node is None:
        return False
    node.text = random.choice(values.ODD_NUMBERS)
    return True


@operator(weight=3)
def decimals(root: etree._Element, random: Random) -> bool:
    """A number with more decimals than it had: the value stays, or moves below a cent."""
    node = pick(random, _numbers(root))
    if node is None or not node.text:
        return False
    point = "" if "." in node.text else "."
    node.text = node.text + point + random.choice(("0", "000", "001", "4", "5", "50"))
    return True


@operator(weight=4)
def pad(root: etree._Element, random: Random) -> bool:
    """White space round a text, or round an attribute."""
    node = pick(random, leaves_of(root))
    if node is None:
        return False
    before, after = random.choice(values.PADDING)
    if node.attrib and random.random() < 0.3:
        name = random.choice(list(node.attrib))
        node.set(name, f"{before}{node.get(name)}{after}")
    else:
        node.text = f"{before}{node.text or ''}{after}"
    return True


@operator(weight=2)
def case(root: etree._Element, random: Random) -> bool:
    """Capitals made small, or the other way."""
    node = pick(random, [node for node in leaves_of(root) if (node.text or "").swapcase() != (node.text or "")])
    if node is None:
        return False
    node.text = (node.text or "").swapcase()
    return True


@operator(weight=2)
def split(root: etree._Element, random: Random) -> bool:
    """A comment or an instruction in the middle of a text: the value is what it was."""
    node = pick(random, [node for node in leaves_of(root) if node.text])
    if node is None or not node.text:
        return False
    offset = random.randrange(len(node.text) + 1)
    middle = etree.Comment("x") if random.random() < 0.6 else etree.ProcessingInstruction("x", "y")
    middle.tail = node.text[offset:]
    node.text = node.text[:offset]
    node.append(middle)
    return True


@operator(weight=9)
def code(root: etree._Element, random: Random) -> bool:
    """Another code, from the list that belongs there, from another list, or from none."""
    node = pick(random, [*leaves_of(root, "Code"), *leaves_of(root, "ID")])
    if node is None:
        return False
    own = values.CODES.get(prefixed(_tag(node)), ())
    node.text = random.choice(own) if own and random.random() < 0.7 else random.choice(values.ANY_CODE)
    return True


@operator(weight=6)
def currency(root: etree._Element, random: Random) -> bool:
    """Another currency on one amount, on all, or for the document."""
    amounts = [node for node in _elements(root) if node.get("currencyID") is not None]
    codes = leaves_of(root, "DocumentCurrencyCode", "TaxCurrencyCode")
    new = random.choice(values.CURRENCIES)
    roll = random.random()
    if roll < 0.2:
        for amount in amounts:
            amount.set("currencyID", new)
        return bool(amounts)
    node = pick(random, codes if roll < 0.5 and codes else amounts)
    if node is None:
        return False
    if node.get("currencyID") is not None:
        node.set("currencyID", new)
    else:
        node.text = new
    return True


@operator(weight=10)
def category(root: etree._Element, random: Random) -> bool:
    """Another VAT category in one place, or everywhere; rates and reasons follow or do not."""
    nodes = [node for tag in ("TaxCategory", "ClassifiedTaxCategory") for node in root.iter(f"{{{CAC}}}{tag}")]
    chosen = pick(random, nodes)
    if chosen is None:
        return False
    new = random.choice(values.CATEGORIES)
    old = chosen.findtext(f"{{{CBC}}}ID")
    everywhere = random.random() < 0.6
    percent = random.choice(values.RATES) if random.random() < 0.6 else None
    reason = random.random() < 0.4
    for node in nodes if everywhere else [chosen]:
        if node.findtext(f"{{{CBC}}}ID") == old or random.random() < 0.2:
            _categorise(node, new, percent, reason=reason)
    return True


@operator(weight=5)
def rate(root: etree._Element, random: Random) -> bool:
    """Another VAT rate in one place, or in every place with that rate."""
    node = pick(random, leaves_of(root, "Percent"))
    if node is None:
        return False
    old, new = node.text, random.choice(values.RATES)
    for same in leaves_of(root, "Percent") if random.random() < 0.5 else [node]:
        if same.text == old:
            same.text = new
    return True


@operator(weight=4)
def date(root: etree._Element, random: Random) -> bool:
    """Another date, one that does not exist, or no date."""
    node = pick(random, leaves_of(root, "Date"))
    if node is None:
        return False
    node.text = random.choice(values.DATES)
    return True


@operator(weight=6)
def scheme(root: etree._Element, random: Random) -> bool:
    """Another scheme, unit, list or media type in an attribute; or the attribute gone or empty."""
    node = pick(random, [node for node in _elements(root) if node.attrib])
    if node is None:
        return False
    name = random.choice(list(node.attrib))
    roll = random.random()
    if roll < 0.3:
        del node.attrib[name]
    elif roll < 0.4:
        node.set(name, "")
    else:
        node.set(name, random.choice(values.ATTRIBUTES.get(name, values.ANY_CODE)))
    return True


@operator(weight=5)
def attribute(root: etree._Element, random: Random) -> bool:
    """An attribute more: one that UBL knows, or one that it does not."""
    for _ in range(random.choice((1, 1, 2, 25))):
        node = pick(random, leaves_of(root) if random.random() < 0.9 else _elements(root))
        if node is None:
            return False
        names = values.SCHEMED if random.random() < 0.4 else values.ATTRIBUTE_NAMES
        node.set(random.choice(names), random.choice(("", "X", "0106", "SEPA", "sepa", "STI")))
    return True


@operator(weight=3)
def marked(root: etree._Element, random: Random) -> bool:
    """Attributes that a core invoice leaves out, on the elements that rules name; made where they are not."""
    for path in random.sample(list(MARKED_ATTRIBUTES.values()), random.choice((1, 2, 12))):
        *steps, name = path.removeprefix("/").split("/")
        found = [node for node in root.iter(expanded(steps[-1])) if node is not root]
        if path.startswith("/") or not found:
            reach(root, steps)
            found = root.findall("/".join(map(expanded, steps)))
        for node in found:
            node.set(name.removeprefix("@"), "X")
    return True


@operator(weight=1)
def shuffle(root: etree._Element, random: Random) -> bool:
    """The children of an element in another order."""
    node = pick(random, [node for node in [root, *_elements(root)] if len(node) > 1])
    if node is None:
        return False
    parts = list(node)
    random.shuffle(parts)
    node[:] = parts
    return True


@operator(weight=2)
def reorder(root: etree._Element, random: Random) -> bool:
    """Elements of one name in another order, which the schema allows."""
    node = pick(random, _elements(root))
    parent = node.getparent() if node is not None else None
    if node is None or parent is None:
        return False
    same = parent.findall(_tag(node))
    if len(same) < 2:
        return False
    parent.remove(same[0])
    parent.insert(parent.index(same[-1]) + 1, same[0])
    return True


@operator(weight=14)
def extra(root: etree._Element, random: Random) -> bool:
    """Elements that UBL allows in that place and that are not there yet, up to a dozen."""
    for _ in range(random.choice((1, 1, 2, 12))):
        parent = pick(random, [node for node in [root, *_elements(root)] if children(_tag(node))])
        if parent is None:
            return False
        present = {node.tag for node in parent}
        absent = [child.tag for child in children(_tag(parent)) if child.tag not in present or child.repeatable]
        if absent:
            insert(parent, minimal(random.choice(absent)))
    return True


@operator(weight=4)
def unused(root: etree._Element, random: Random) -> bool:
    """Elements that a core invoice leaves out, a few or forty at once."""
    for path in random.sample(_UNUSED_PATHS, random.choice((1, 3, 40))):
        line = "cac:InvoiceLine" if etree.QName(root).localname == "Invoice" else "cac:CreditNoteLine"
        reach(root, [line if step == "line" else step for step in path.split("/")])
    return True


_UNUSED_PATHS = list(UNUSED_ELEMENTS.values())


def reach(node: etree._Element, steps: list[str]) -> None:
    """Make the elements of a path that are not there; out of the schema's order where it has none for them."""
    for step in steps:
        tag = expanded(step)
        found = node.find(tag)
        if found is None or step == steps[-1]:
            found = minimal(tag)
            if any(child.tag == tag for child in children(_tag(node))):
                insert(node, found)
            else:
                node.append(found)
        node = found


@operator(weight=6)
def transplant(root: etree._Element, random: Random) -> bool:
    """A copy of an element in another place where UBL allows it."""
    node = pick(random, [node for node in _elements(root) if len(node) or random.random() < 0.3])
    if node is None:
        return False
    hosts = [
        host for host in [root, *_elements(root)] if any(child.tag == node.tag for child in children(_tag(host)))
    ]
    host = pick(random, hosts)
    if host is None:
        return False
    insert(host, copy_of(node))
    return True


@operator(weight=2)
def sub_line(root: etree._Element, random: Random) -> bool:
    """A line within a line."""
    line = pick(random, [*root.iter(f"{{{CAC}}}InvoiceLine"), *root.iter(f"{{{CAC}}}CreditNoteLine")])
    if line is None:
        return False
    inner = etree.Element(_tag(line).replace("}Invoice", "}SubInvoice").replace("}Credit", "}SubCredit"))
    inner.extend([copy_of(child) for child in line])
    insert(line, inner)
    return True


@operator(weight=9)
def hasty(root: etree._Element, random: Random) -> bool:
    """A small edit with a meaning: what a hasty programmer of an invoice would do."""
    return random.choice(tuple(_HASTY.values()))(root, random)


_HASTY: dict[str, Operator] = {}


def _hasty(function: Operator) -> Operator:
    _HASTY[function.__name__] = function
    return function


@_hasty
def charge_instead_of_allowance(root: etree._Element, random: Random) -> bool:
    node = pick(random, leaves_of(root, "ChargeIndicator"))
    if node is None:
        return False
    node.text = random.choice(("true", "false", "1", "0", " true ", "TRUE"))
    return True


@_hasty
def tax_scheme_of_another_name(root: etree._Element, random: Random) -> bool:
    node = pick(random, [node[0] for node in root.iter(f"{{{CAC}}}TaxScheme") if len(node)])
    if node is None:
        return False
    node.text = random.choice(("vat", " VAT ", "Vat", "GST", "IGIC", "", "VATX"))
    return True


@_hasty
def payment_code(root: etree._Element, random: Random) -> bool:
    node = pick(random, leaves_of(root, "PaymentMeansCode"))
    if node is None:
        return False
    node.text = random.choice(("30", "58", " 30", "59", "48", "49", "57", "1", "ZZZ", "31", "97"))
    return True


@_hasty
def document_type(root: etree._Element, random: Random) -> bool:
    node = pick(random, list(root.iter(f"{{{CAC}}}AdditionalDocumentReference")))
    if node is None:
        return False
    for old in node.findall(f"{{{CBC}}}DocumentTypeCode"):
        node.remove(old)
    new = etree.Element(expanded("cbc:DocumentTypeCode"))
    new.text = random.choice(("130", "50", "916", " 130", ""))
    insert(node, new)
    return True


@_hasty
def customization(root: etree._Element, random: Random) -> bool:
    for node in root.findall(f"{{{CBC}}}CustomizationID"):
        node.text = random.choice(values.CUSTOMIZATIONS)
        return True
    return False


@_hasty
def version(root: etree._Element, random: Random) -> bool:
    node = etree.Element(expanded("cbc:UBLVersionID"))
    node.text = random.choice(("2.1", "2.0", " 2.1", ""))
    insert(root, node)
    return True


@_hasty
def country(root: etree._Element, random: Random) -> bool:
    nodes = leaves_of(root, "IdentificationCode")
    new = random.choice(("NL", "nl", " NL ", "BE", "DE", "IT", "ES", "XX", "", "1A", "EL", "XI"))
    chosen = pick(random, nodes)
    if chosen is None:
        return False
    for node in nodes if random.random() < 0.4 else [chosen]:
        node.text = new
    return True


@_hasty
def note_with_subject(root: etree._Element, random: Random) -> bool:
    note = etree.Element(expanded("cbc:Note"))
    note.text = random.choice(values.NOTES)
    insert(root, note)
    return True


@_hasty
def vat_number(root: etree._Element, random: Random) -> bool:
    node = pick(random, leaves_of(root, "CompanyID"))
    if node is None:
        return False
    node.text = random.choice(
        ("NL859173641B01", "859173641B01", "nl1", "EL1", "XX1", "1A1", "", " NL1", "N", "DE", "B ")
    )
    return True


@_hasty
def payee_is_the_seller(root: etree._Element, random: Random) -> bool:
    payees = list(root.iter(f"{{{CAC}}}PayeeParty"))
    names = root.xpath(
        "//*[local-name()='AccountingSupplierParty']//*[local-name()='Name' or local-name()='RegistrationName']"
    )
    payee = pick(random, payees)
    name = (
        pick(random, [node for node in names if isinstance(node, etree._Element)])
        if isinstance(names, list)
        else None
    )
    if payee is None or name is None:
        return False
    for node in payee.iter(f"{{{CBC}}}Name"):
        node.text = name.text
    return True


@_hasty
def no_reason(root: etree._Element, random: Random) -> bool:
    node = pick(random, list(root.iter(f"{{{CAC}}}AllowanceCharge")))
    if node is None:
        return False
    for name in ("AllowanceChargeReason", "AllowanceChargeReasonCode"):
        for each in node.findall(f"{{{CBC}}}{name}"):
            node.remove(each)
    return True


@_hasty
def no_reference(root: etree._Element, random: Random) -> bool:
    names = (f"{{{CBC}}}BuyerReference", f"{{{CAC}}}OrderReference")
    found = [node for name in names for node in root.findall(name)]
    for node in found:
        _remove(node)
    return bool(found)


@_hasty
def two_tax_points(root: etree._Element, random: Random) -> bool:
    point = etree.Element(expanded("cbc:TaxPointDate"))
    point.text = "2026-10-31"
    period = etree.Element(expanded("cac:InvoicePeriod"))
    etree.SubElement(period, expanded("cbc:DescriptionCode")).text = "35"
    for each in random.choice(((point,), (period,), (point, period))):
        insert(root, each)
    return True


@_hasty
def empty_period(root: etree._Element, random: Random) -> bool:
    periods = list(root.iter(f"{{{CAC}}}InvoicePeriod"))
    node = pick(random, periods)
    if node is None:
        node = etree.Element(expanded("cac:InvoicePeriod"))
        insert(root, node)
    for child in list(node):
        node.remove(child)
    return True


@_hasty
def no_tax_numbers(root: etree._Element, random: Random) -> bool:
    party = random.choice(("AccountingSupplierParty", "AccountingCustomerParty", "TaxRepresentativeParty"))
    for node in root.iter(f"{{{CAC}}}{party}"):
        for number in list(node.iter(f"{{{CAC}}}PartyTaxScheme")):
            _remove(number)
    return True


@_hasty
def bare_attachment(root: etree._Element, random: Random) -> bool:
    node = pick(random, list(root.iter(f"{{{CBC}}}EmbeddedDocumentBinaryObject")))
    if node is None:
        return False
    if node.attrib:
        del node.attrib[random.choice(list(node.attrib))]
    return True


@_hasty
def named_payment_means(root: etree._Element, random: Random) -> bool:
    for node in root.iter(f"{{{CBC}}}PaymentMeansCode"):
        node.set("name", "Overboeking")
    return True


@_hasty
def another_payment(root: etree._Element, random: Random) -> bool:
    node = pick(random, list(root.iter(f"{{{CAC}}}PaymentMeans")))
    parent = node.getparent() if node is not None else None
    if node is None or parent is None:
        return False
    copy = copy_of(node)
    for code in copy.iter(f"{{{CBC}}}PaymentMeansCode"):
        code.text = random.choice(("30", "58", code.text))
    parent.insert(parent.index(node) + 1, copy)
    return True


@_hasty
def long_card_number(root: etree._Element, random: Random) -> bool:
    node = pick(random, leaves_of(root, "PrimaryAccountNumberID"))
    if node is None:
        return False
    node.text = random.choice(("12345678901", " 1234567890 ", "1234567890123456", "1 2 3 4 5 6"))
    return True


def add_to(node: etree._Element, delta: str) -> bool:
    try:
        node.text = str(Decimal((node.text or "").strip()) + Decimal(delta))
    except InvalidOperation:
        return False
    return True


def _categorise(node: etree._Element, new: str, percent: str | None, *, reason: bool) -> None:
    for identifier in node.findall(f"{{{CBC}}}ID"):
        identifier.text = new
    for old in node.findall(f"{{{CBC}}}Percent"):
        if new.strip() == "O":
            node.remove(old)
        elif percent is not None:
            old.text = percent
    if reason and etree.QName(node).localname == "TaxCategory":
        text = etree.Element(expanded("cbc:TaxExemptionReason"))
        text.text = "Reden"
        insert(node, text)


def copy_of(node: etree._Element) -> etree._Element:
    copy = etree.fromstring(etree.tostring(node, with_tail=False))
    copy.tail = node.tail
    return copy
