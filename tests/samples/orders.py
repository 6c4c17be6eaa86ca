"""Peppol orders of any size, valid ones and ones that break rules on every line."""

import re

from gateway.validator.model.document import DocumentKind
from tests.samples.documents import document

_LINE = re.compile(r"  <cac:OrderLine>.*?</cac:OrderLine>\n", re.DOTALL)
_ITEM = re.compile(r"<cac:LineItem>.*?</cac:LineItem>", re.DOTALL)
_AMOUNT = 444
"""The amount of the line that is repeated."""

BROKEN_ITEM = """<cac:LineItem>
      <cbc:ID>1</cbc:ID>
      <cbc:UUID> </cbc:UUID>
      <cbc:Quantity unitCode="?">-1</cbc:Quantity>
      <cbc:LineExtensionAmount currencyID="XYZ">12.345</cbc:LineExtensionAmount>
      <cac:Delivery>
        <cbc:ID schemeID="9">X</cbc:ID>
        <cac:DeliveryLocation>
          <cbc:Description>X</cbc:Description>
          <cac:Address>
            <cbc:Floor>1</cbc:Floor>
            <cac:Country>
              <cbc:Name>X</cbc:Name>
            </cac:Country>
          </cac:Address>
        </cac:DeliveryLocation>
      </cac:Delivery>
      <cac:AllowanceCharge>
        <cbc:ChargeIndicator>true</cbc:ChargeIndicator>
        <cbc:AllowanceChargeReasonCode>95</cbc:AllowanceChargeReasonCode>
        <cbc:Amount currencyID="SEK">-1.234</cbc:Amount>
      </cac:AllowanceCharge>
      <cac:Price>
        <cbc:PriceAmount currencyID="NOK">-1</cbc:PriceAmount>
        <cbc:BaseQuantity unitCode="!">-2</cbc:BaseQuantity>
      </cac:Price>
      <cac:Item>
        <cac:ClassifiedTaxCategory>
          <cbc:ID>S</cbc:ID>
          <cac:TaxScheme>
            <cbc:Name>X</cbc:Name>
          </cac:TaxScheme>
        </cac:ClassifiedTaxCategory>
      </cac:Item>
    </cac:LineItem>"""
"""Follows the schema, and breaks more than twenty rules."""


def order(lines: int, *, first: int = 1) -> bytes:
    """A valid order of so many lines, numbered from `first`."""
    text = document(DocumentKind.ORDER).decode()
    [line, *_] = _LINE.findall(text)
    numbered = [line.replace("<cbc:ID>1<", f"<cbc:ID>{number}<", 1) for number in range(first, first + lines)]
    text = _LINE.sub("", text).replace("</Order>", "".join(numbered) + "</Order>")
    for total in ("1236.00", "1495.56"):
        text = text.replace(f">{total}<", f">{lines * _AMOUNT}.00<")
    return text.encode()


def broken_order(lines: int) -> bytes:
    """An order that follows the schema and breaks more than twenty rules on each line."""
    return _ITEM.sub(BROKEN_ITEM, order(lines).decode()).encode()
