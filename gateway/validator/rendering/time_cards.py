"""The layout of the time card."""

from gateway.i18n import Text
from gateway.validator.model.time_card import TimeCard
from gateway.validator.rendering.layouts import CardsPart, FactsPart, Layout, TableColumn, TablePart

TIME_CARD = Layout(
    TimeCard,
    (
        CardsPart(Text("Who"), ("worker", "customers", "suppliers", "assignment", "requirements", "approvals")),
        CardsPart(Text("Periods"), ("times",), but=("intervals", "allowances")),
        TablePart(
            Text("Hours"),
            "times.intervals",
            (
                TableColumn(Text("Kind"), ("type",)),
                TableColumn(Text("From"), ("start",)),
                TableColumn(Text("Until"), ("end",)),
                TableColumn(Text("Hours"), ("duration",), is_number=True),
                TableColumn(Text("Billable"), ("billable",)),
                TableColumn(Text("Change"), ("action",)),
            ),
        ),
        TablePart(
            Text("Allowances and expenses"),
            "times.allowances",
            (
                TableColumn(Text("Kind"), ("type",)),
                TableColumn(Text("From"), ("start",)),
                TableColumn(Text("Until"), ("end",)),
                TableColumn(Text("Quantity"), ("quantity",), is_number=True),
                TableColumn(Text("Amount"), ("amount", "currency"), is_number=True),
            ),
        ),
        FactsPart(Text("About the document"), ("number_owner", "source")),
    ),
    facts=("issue_date",),
    codes={"billable": "yes_no"},
)
