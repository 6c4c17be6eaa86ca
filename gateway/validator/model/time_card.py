"""The time card: which hours a worker of a staffing supplier reports, with allowances and expenses.

The standard has no numbers for its terms: TT (time card term) and TG (time card group) are of this gateway.

Source: SETU Standard for Reporting Time and Expenses 1.4, on HR-XML 2.5 (2007-04-15).
"""

from gateway.validator.model.terms import Document, Group, bt, group, many


@group("TG-1", "Worker")
class Worker(Group):
    """Whose hours they are."""

    number: str | None = bt("TT-10", "Number of the worker", "identifier")
    number_owner: str | None = bt("TT-11", "Owner of the number of the worker", "code")
    name: str | None = bt("TT-12", "Name of the worker")


@group("TG-2", "Name of a person")
class PersonName(Group):
    """How a person is called, wherever one is named."""

    formatted: str | None = bt("TT-13", "Formatted name")
    given: str | None = bt("TT-14", "Given name")
    family: str | None = bt("TT-15", "Family name")


@group("TG-3", "Rate")
class HourRate(Group):
    """What an hour costs. The multiplier is a percentage: 150 for half as much again."""

    amount: str | None = bt("TT-40", "Rate or amount", "amount")
    currency: str | None = bt("TT-41", "Currency of the rate", "code")
    type: str | None = bt("TT-42", "Kind of rate", "code")
    multiplier: str | None = bt("TT-43", "Multiplier of the rate", "percentage")


@group("TG-4", "Identifier of a time interval")
class IntervalIdentifier(Group):
    """The number of an interval, and whose number it is."""

    value: str | None = bt("TT-20", "Number of the time interval", "identifier")
    owner: str | None = bt("TT-21", "Owner of the number of the time interval", "code")


@group("TG-5", "Time interval")
class TimeInterval(Group):
    """Time worked, or not worked: hours of one kind. The duration is in hours."""

    identifier: IntervalIdentifier | None = None
    type: str | None = bt("TT-22", "Kind of hours", "code")
    action: str | None = bt("TT-23", "Action on the time interval", "code")
    billable: str | None = bt("TT-24", "Time interval is billable", "code")
    start: str | None = bt("TT-25", "Start of the time interval", "date")
    end: str | None = bt("TT-26", "End of the time interval", "date")
    duration: str | None = bt("TT-27", "Duration", "quantity")
    rates: tuple[HourRate, ...] = ()
    comments: tuple[str, ...] = many("TT-28", "Comment on the time interval")


@group("TG-6", "Identifier of an allowance")
class AllowanceIdentifier(Group):
    """The number of an allowance or expense, whose number it is, and which of both it is about."""

    value: str | None = bt("TT-30", "Number of the allowance", "identifier")
    owner: str | None = bt("TT-31", "Owner of the number of the allowance", "code")
    name: str | None = bt("TT-32", "Allowance or expense", "code")


@group("TG-7", "Allowance or expense")
class Allowance(Group):
    """What is paid on top of the hours."""

    identifier: AllowanceIdentifier | None = None
    type: str | None = bt("TT-33", "Kind of allowance or expense", "code")
    action: str | None = bt("TT-34", "Action on the allowance", "code")
    start: str | None = bt("TT-35", "First day of the allowance", "date")
    end: str | None = bt("TT-36", "Last day of the allowance", "date")
    amount: str | None = bt("TT-37", "Amount of the allowance", "amount")
    currency: str | None = bt("TT-38", "Currency of the allowance", "code")
    quantity: str | None = bt("TT-39", "Quantity of the allowance", "quantity")
    comments: tuple[str, ...] = many("TT-44", "Comment on the allowance")


@group("TG-8", "Reported time")
class ReportedTime(Group):
    """The hours and allowances of one period."""

    status: str | None = bt("TT-16", "Status of the reported time", "code")
    start: str | None = bt("TT-17", "First day of the period", "date")
    end: str | None = bt("TT-18", "Last day of the period", "date")
    intervals: tuple[TimeInterval, ...] = ()
    allowances: tuple[Allowance, ...] = ()


@group("TG-9", "Approval")
class Approval(Group):
    """Who approved the card, and when."""

    name: str | None = bt("TT-50", "Name of the approver")
    approved: str | None = bt("TT-51", "Moment of approval", "date")


@group("TG-10", "Reporting requirements of the customer")
class Requirements(Group):
    """What the hiring customer books the hours on."""

    purchase_order: str | None = bt("TT-60", "Purchase order number", "identifier")
    department: str | None = bt("TT-61", "Department", "identifier")
    cost_centre: str | None = bt("TT-62", "Cost centre", "identifier")
    project: str | None = bt("TT-63", "Project", "identifier")
    reference: str | None = bt("TT-64", "Reference of the customer", "identifier")


@group("TG-11", "Identifier of a party or an assignment")
class Reference(Group):
    """A number, and whose number it is."""

    value: str | None = bt("TT-65", "Number of the party or assignment", "identifier")
    owner: str | None = bt("TT-66", "Owner of the number of the party or assignment", "code")


@group("", "Time card")
class TimeCard(Document):
    """What a hiring customer and a staffing supplier tell each other of the hours of one worker."""

    number: str | None = bt("TT-1", "Time card number", "identifier")
    number_owner: str | None = bt("TT-2", "Owner of the time card number", "code")
    issue_date: str | None = bt("TT-3", "Moment of submission", "date")
    source: str | None = bt("TT-4", "Submitted by")
    worker: Worker | None = None
    times: tuple[ReportedTime, ...] = ()
    approvals: tuple[Approval, ...] = ()
    requirements: Requirements | None = None
    suppliers: tuple[Reference, ...] = ()
    customers: tuple[Reference, ...] = ()
    assignment: Reference | None = None
