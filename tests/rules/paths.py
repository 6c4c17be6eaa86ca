"""Where a business term is in UBL, as XPath from the root element: what the cases mean by `BT-131`.

Written from the norm's UBL binding (CEN/TS 16931-3-2), by hand and apart from the reader that the gateway uses,
so that a case shows when the reader looks in another place.
"""

_SELLER = "cac:AccountingSupplierParty/cac:Party"
_BUYER = "cac:AccountingCustomerParty/cac:Party"
_REPRESENTATIVE = "cac:TaxRepresentativeParty"
_DELIVERY = "cac:Delivery"
_TRANSFER = "cac:PaymentMeans/cac:PayeeFinancialAccount"
_CARD = "cac:PaymentMeans/cac:CardAccount"
_ALLOWANCE = "cac:AllowanceCharge[cbc:ChargeIndicator='false']"
_CHARGE = "cac:AllowanceCharge[cbc:ChargeIndicator='true']"
_TOTALS = "cac:LegalMonetaryTotal"
_BREAKDOWN = "cac:TaxTotal/cac:TaxSubtotal"
_LINE = "*[self::cac:InvoiceLine or self::cac:CreditNoteLine]"
_OF_VAT = "cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID"

PATHS: dict[str, str] = {
    "BT-1": "cbc:ID",
    "BT-2": "cbc:IssueDate",
    "BT-3": "*[self::cbc:InvoiceTypeCode or self::cbc:CreditNoteTypeCode]",
    "BT-5": "cbc:DocumentCurrencyCode",
    "BT-6": "cbc:TaxCurrencyCode",
    "BT-7": "cbc:TaxPointDate",
    "BT-8": "cac:InvoicePeriod/cbc:DescriptionCode",
    "BT-10": "cbc:BuyerReference",
    "BT-13": "cac:OrderReference/cbc:ID",
    "BT-18": "cac:AdditionalDocumentReference[cbc:DocumentTypeCode='130']/cbc:ID",
    "BT-22": "cbc:Note",
    "BT-24": "cbc:CustomizationID",
    "BT-25": "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID",
    "BT-26": "cac:BillingReference/cac:InvoiceDocumentReference/cbc:IssueDate",
    "BT-27": f"{_SELLER}/cac:PartyLegalEntity/cbc:RegistrationName",
    "BT-28": f"{_SELLER}/cac:PartyName/cbc:Name",
    "BT-29": f"{_SELLER}/cac:PartyIdentification/cbc:ID",
    "BT-30": f"{_SELLER}/cac:PartyLegalEntity/cbc:CompanyID",
    "BT-31": f"{_SELLER}/{_OF_VAT}",
    "BT-32": f"{_SELLER}/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID!='VAT']/cbc:CompanyID",
    "BT-33": f"{_SELLER}/cac:PartyLegalEntity/cbc:CompanyLegalForm",
    "BT-34": f"{_SELLER}/cbc:EndpointID",
    "BT-35": f"{_SELLER}/cac:PostalAddress/cbc:StreetName",
    "BT-37": f"{_SELLER}/cac:PostalAddress/cbc:CityName",
    "BT-38": f"{_SELLER}/cac:PostalAddress/cbc:PostalZone",
    "BT-39": f"{_SELLER}/cac:PostalAddress/cbc:CountrySubentity",
    "BT-40": f"{_SELLER}/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "BT-43": f"{_SELLER}/cac:Contact/cbc:ElectronicMail",
    "BT-44": f"{_BUYER}/cac:PartyLegalEntity/cbc:RegistrationName",
    "BT-47": f"{_BUYER}/cac:PartyLegalEntity/cbc:CompanyID",
    "BT-48": f"{_BUYER}/{_OF_VAT}",
    "BT-49": f"{_BUYER}/cbc:EndpointID",
    "BT-50": f"{_BUYER}/cac:PostalAddress/cbc:StreetName",
    "BT-52": f"{_BUYER}/cac:PostalAddress/cbc:CityName",
    "BT-53": f"{_BUYER}/cac:PostalAddress/cbc:PostalZone",
    "BT-54": f"{_BUYER}/cac:PostalAddress/cbc:CountrySubentity",
    "BT-55": f"{_BUYER}/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "BT-59": "cac:PayeeParty/cac:PartyName/cbc:Name",
    "BT-62": f"{_REPRESENTATIVE}/cac:PartyName/cbc:Name",
    "BT-63": f"{_REPRESENTATIVE}/{_OF_VAT}",
    "BT-64": f"{_REPRESENTATIVE}/cac:PostalAddress/cbc:StreetName",
    "BT-66": f"{_REPRESENTATIVE}/cac:PostalAddress/cbc:CityName",
    "BT-67": f"{_REPRESENTATIVE}/cac:PostalAddress/cbc:PostalZone",
    "BT-68": f"{_REPRESENTATIVE}/cac:PostalAddress/cbc:CountrySubentity",
    "BT-69": f"{_REPRESENTATIVE}/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "BT-71": f"{_DELIVERY}/cac:DeliveryLocation/cbc:ID",
    "BT-72": f"{_DELIVERY}/cbc:ActualDeliveryDate",
    "BT-73": "cac:InvoicePeriod/cbc:StartDate",
    "BT-74": "cac:InvoicePeriod/cbc:EndDate",
    "BT-79": f"{_DELIVERY}/cac:DeliveryLocation/cac:Address/cbc:CountrySubentity",
    "BT-80": f"{_DELIVERY}/cac:DeliveryLocation/cac:Address/cac:Country/cbc:IdentificationCode",
    "BT-81": "cac:PaymentMeans/cbc:PaymentMeansCode",
    "BT-82": "cac:PaymentMeans/cbc:PaymentMeansCode/@name",
    "BT-84": f"{_TRANSFER}/cbc:ID",
    "BT-85": f"{_TRANSFER}/cbc:Name",
    "BT-86": f"{_TRANSFER}/cac:FinancialInstitutionBranch/cbc:ID",
    "BT-87": f"{_CARD}/cbc:PrimaryAccountNumberID",
    "BT-92": f"{_ALLOWANCE}/cbc:Amount",
    "BT-93": f"{_ALLOWANCE}/cbc:BaseAmount",
    "BT-95": f"{_ALLOWANCE}/cac:TaxCategory/cbc:ID",
    "BT-96": f"{_ALLOWANCE}/cac:TaxCategory/cbc:Percent",
    "BT-97": f"{_ALLOWANCE}/cbc:AllowanceChargeReason",
    "BT-98": f"{_ALLOWANCE}/cbc:AllowanceChargeReasonCode",
    "BT-99": f"{_CHARGE}/cbc:Amount",
    "BT-100": f"{_CHARGE}/cbc:BaseAmount",
    "BT-102": f"{_CHARGE}/cac:TaxCategory/cbc:ID",
    "BT-103": f"{_CHARGE}/cac:TaxCategory/cbc:Percent",
    "BT-104": f"{_CHARGE}/cbc:AllowanceChargeReason",
    "BT-105": f"{_CHARGE}/cbc:AllowanceChargeReasonCode",
    "BT-106": f"{_TOTALS}/cbc:LineExtensionAmount",
    "BT-107": f"{_TOTALS}/cbc:AllowanceTotalAmount",
    "BT-108": f"{_TOTALS}/cbc:ChargeTotalAmount",
    "BT-109": f"{_TOTALS}/cbc:TaxExclusiveAmount",
    "BT-110": "cac:TaxTotal[cac:TaxSubtotal]/cbc:TaxAmount",
    "BT-111": "cac:TaxTotal[not(cac:TaxSubtotal)]/cbc:TaxAmount",
    "BT-112": f"{_TOTALS}/cbc:TaxInclusiveAmount",
    "BT-113": f"{_TOTALS}/cbc:PrepaidAmount",
    "BT-114": f"{_TOTALS}/cbc:PayableRoundingAmount",
    "BT-115": f"{_TOTALS}/cbc:PayableAmount",
    "BT-116": f"{_BREAKDOWN}/cbc:TaxableAmount",
    "BT-117": f"{_BREAKDOWN}/cbc:TaxAmount",
    "BT-118": f"{_BREAKDOWN}/cac:TaxCategory/cbc:ID",
    "BT-119": f"{_BREAKDOWN}/cac:TaxCategory/cbc:Percent",
    "BT-120": f"{_BREAKDOWN}/cac:TaxCategory/cbc:TaxExemptionReason",
    "BT-121": f"{_BREAKDOWN}/cac:TaxCategory/cbc:TaxExemptionReasonCode",
    "BT-122": "cac:AdditionalDocumentReference/cbc:ID",
    "BT-126": f"{_LINE}/cbc:ID",
    "BT-128": f"{_LINE}/cac:DocumentReference/cbc:ID",
    "BT-129": f"{_LINE}/*[self::cbc:InvoicedQuantity or self::cbc:CreditedQuantity]",
    "BT-130": f"{_LINE}/*[self::cbc:InvoicedQuantity or self::cbc:CreditedQuantity]/@unitCode",
    "BT-131": f"{_LINE}/cbc:LineExtensionAmount",
    "BT-132": f"{_LINE}/cac:OrderLineReference/cbc:LineID",
    "BT-134": f"{_LINE}/cac:InvoicePeriod/cbc:StartDate",
    "BT-135": f"{_LINE}/cac:InvoicePeriod/cbc:EndDate",
    "BT-136": f"{_LINE}/{_ALLOWANCE}/cbc:Amount",
    "BT-137": f"{_LINE}/{_ALLOWANCE}/cbc:BaseAmount",
    "BT-139": f"{_LINE}/{_ALLOWANCE}/cbc:AllowanceChargeReason",
    "BT-140": f"{_LINE}/{_ALLOWANCE}/cbc:AllowanceChargeReasonCode",
    "BT-141": f"{_LINE}/{_CHARGE}/cbc:Amount",
    "BT-142": f"{_LINE}/{_CHARGE}/cbc:BaseAmount",
    "BT-144": f"{_LINE}/{_CHARGE}/cbc:AllowanceChargeReason",
    "BT-145": f"{_LINE}/{_CHARGE}/cbc:AllowanceChargeReasonCode",
    "BT-146": f"{_LINE}/cac:Price/cbc:PriceAmount",
    "BT-148": f"{_LINE}/cac:Price/cac:AllowanceCharge/cbc:BaseAmount",
    "BT-151": f"{_LINE}/cac:Item/cac:ClassifiedTaxCategory/cbc:ID",
    "BT-152": f"{_LINE}/cac:Item/cac:ClassifiedTaxCategory/cbc:Percent",
    "BT-153": f"{_LINE}/cac:Item/cbc:Name",
    "BT-157": f"{_LINE}/cac:Item/cac:StandardItemIdentification/cbc:ID",
    "BT-158": f"{_LINE}/cac:Item/cac:CommodityClassification/cbc:ItemClassificationCode",
    "BT-159": f"{_LINE}/cac:Item/cac:OriginCountry/cbc:IdentificationCode",
    "BT-160": f"{_LINE}/cac:Item/cac:AdditionalItemProperty/cbc:Name",
    "BT-161": f"{_LINE}/cac:Item/cac:AdditionalItemProperty/cbc:Value",
    "BT-162": f"{_SELLER}/cac:PostalAddress/cac:AddressLine/cbc:Line",
    "BT-163": f"{_BUYER}/cac:PostalAddress/cac:AddressLine/cbc:Line",
    "BT-164": f"{_REPRESENTATIVE}/cac:PostalAddress/cac:AddressLine/cbc:Line",
    "BT-165": f"{_DELIVERY}/cac:DeliveryLocation/cac:Address/cac:AddressLine/cbc:Line",
}
"""Every term that a case may name; anything else is written as XPath. Of several elements the first is meant.
The schema puts a term that is not there yet in its place; it is made below the first element of its path."""

PATHS |= {
    f"{term}-1": f"{PATHS[term]}/@{attribute}"
    for attribute, terms in {
        "schemeID": ("BT-18", "BT-29", "BT-30", "BT-34", "BT-47", "BT-49", "BT-71", "BT-128", "BT-157"),
        "listID": ("BT-158",),
    }.items()
    for term in terms
}
"""The scheme of an identifier has its number and -1, as the norm prints it."""
