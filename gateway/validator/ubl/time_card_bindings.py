"""Where the terms of a time card are in HR-XML."""

from gateway.validator.model import time_card as tg
from gateway.validator.ubl.binding import Binding, Every, EveryGroup, One, OneGroup, Source, Vocabulary
from gateway.validator.xml.namespaces import HR_XML

_STAFFING = "hr:AdditionalData/hr:StaffingAdditionalData"
_REFERENCES = f"{_STAFFING}/hr:ReferenceInformation"
_SUPPLIERS, _CUSTOMERS = ("hr:StaffingSupplierId", "hr:StaffingCustomerId")
_UNITS = ("hr:StaffingSupplierOrgUnitId", "hr:StaffingCustomerOrgUnitId")
_NUMBER: dict[str, Source] = {"value": One("hr:IdValue"), "owner": One("@idOwner")}

HR_TIME_CARD = Vocabulary(
    prefixes={HR_XML: "hr:"},
    roots=("hr:TimeCard",),
    bindings=(
        Binding(
            "hr:Person",
            tg.Worker,
            {
                "number": One("hr:Id/hr:IdValue"),
                "number_owner": One("hr:Id/@idOwner"),
                "name": One("hr:PersonName/hr:FormattedName"),
            },
            ("hr:ReportedResource",),
        ),
        Binding(
            "hr:PersonName",
            tg.PersonName,
            {
                "formatted": One("hr:FormattedName"),
                "given": One("hr:GivenName"),
                "family": One("hr:FamilyName"),
            },
        ),
        Binding(
            "hr:RateOrAmount",
            tg.HourRate,
            {
                "amount": One("."),
                "currency": One("@currency"),
                "type": One("@type"),
                "multiplier": One("@multiplier"),
            },
        ),
        Binding("hr:Id", tg.IntervalIdentifier, _NUMBER, ("hr:TimeInterval",)),
        Binding(
            "hr:TimeInterval",
            tg.TimeInterval,
            {
                "identifier": OneGroup("hr:Id"),
                "type": One("@type"),
                "action": One("@actionCode"),
                "billable": One("@billable"),
                "start": One("hr:StartDateTime"),
                "end": One("hr:EndDateTime"),
                "duration": One("hr:Duration"),
                "rates": EveryGroup("hr:RateOrAmount"),
                "comments": Every("hr:Comment"),
            },
        ),
        Binding("hr:Id", tg.AllowanceIdentifier, {**_NUMBER, "name": One("hr:IdValue/@name")}, ("hr:Allowance",)),
        Binding(
            "hr:Allowance",
            tg.Allowance,
            {
                "identifier": OneGroup("hr:Id"),
                "type": One("@type"),
                "action": One("@actionCode"),
                "start": One("hr:StartDate"),
                "end": One("hr:EndDate"),
                "amount": One("hr:Amount"),
                "currency": One("hr:Amount/@currency"),
                "quantity": One("hr:Quantity"),
                "comments": Every("hr:Comment"),
            },
        ),
        Binding(
            "hr:ReportedTime",
            tg.ReportedTime,
            {
                "status": One("@status"),
                "start": One("hr:PeriodStartDate"),
                "end": One("hr:PeriodEndDate"),
                "intervals": EveryGroup("hr:TimeInterval"),
                "allowances": EveryGroup("hr:Allowance"),
            },
        ),
        Binding(
            "hr:ApprovalInfo",
            tg.Approval,
            {"name": One("hr:Person/hr:PersonName/hr:FormattedName"), "approved": One("hr:ApprovedDateTime")},
        ),
        Binding(
            "hr:CustomerReportingRequirements",
            tg.Requirements,
            {
                "purchase_order": One("hr:PurchaseOrderNumber"),
                "department": One("hr:DepartmentCode"),
                "cost_centre": One("hr:CostCenterCode"),
                "project": One("hr:ProjectCode"),
                "reference": One("hr:CustomerReferenceNumber"),
            },
        ),
        *(Binding(name, tg.Reference, _NUMBER) for name in (_SUPPLIERS, _CUSTOMERS, *_UNITS, "hr:AssignmentId")),
    ),
    document=Binding(
        "/",
        tg.TimeCard,
        {
            "number": One("hr:Id/hr:IdValue"),
            "number_owner": One("hr:Id/@idOwner"),
            "issue_date": One("hr:SubmitterInfo/hr:SubmittedDateTime"),
            "source": One("hr:SubmitterInfo/hr:Source"),
            "worker": OneGroup("hr:ReportedResource/hr:Person"),
            "times": EveryGroup("hr:ReportedTime"),
            "approvals": EveryGroup("hr:ApprovalInfo"),
            "requirements": OneGroup(f"{_STAFFING}/hr:CustomerReportingRequirements"),
            "suppliers": EveryGroup(f"{_REFERENCES}/{_SUPPLIERS}"),
            "customers": EveryGroup(f"{_REFERENCES}/{_CUSTOMERS}"),
            "assignment": OneGroup(f"{_REFERENCES}/hr:AssignmentId"),
        },
    ),
)
