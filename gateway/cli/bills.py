"""`meterpoort bills`: what a year costs, and why; the billing year from forecast to journal."""

import click

from gateway.cli.lazy import LazyGroup

COMMANDS = {
    "agree": "gateway.cli.billing_year:agree_command",
    "approve": "gateway.cli.billing_runs:approve_command",
    "approve-tariff": "gateway.cli.tariffs:approve_tariff_command",
    "bank-file": "gateway.cli.payments:bank_file_command",
    "calendar": "gateway.cli.billing_year:calendar_command",
    "close": "gateway.cli.billing_year:close_command",
    "debtors": "gateway.cli.billing_year:debtors_command",
    "explain": "gateway.cli.issued_bills:explain_command",
    "forecast": "gateway.cli.billing_year:forecast_command",
    "guidance": "gateway.cli.billing_year:guidance_command",
    "issue": "gateway.cli.billing_runs:issue_command",
    "list": "gateway.cli.issued_bills:list_command",
    "open": "gateway.cli.payments:open_command",
    "outlook": "gateway.cli.billing_year:outlook_command",
    "pay": "gateway.cli.payments:pay_command",
    "payments": "gateway.cli.payments:payments_command",
    "preview": "gateway.cli.billing_runs:preview_command",
    "printed": "gateway.cli.issued_bills:printed_command",
    "propose-tariff": "gateway.cli.tariffs:propose_tariff_command",
    "reminders": "gateway.cli.billing_year:reminders_command",
    "reopen": "gateway.cli.billing_year:reopen_command",
    "quote": "gateway.cli.quote:quote_command",
    "run": "gateway.cli.billing_runs:run_command",
    "runs": "gateway.cli.billing_runs:runs_command",
    "show": "gateway.cli.issued_bills:show_command",
    "silences": "gateway.cli.billing_year:silences_command",
    "statement": "gateway.cli.billing_year:statement_command",
    "tariffs": "gateway.cli.tariffs:tariffs_command",
    "to-print": "gateway.cli.issued_bills:to_print_command",
    "warnings": "gateway.cli.billing_year:warnings_command",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS)
def bills() -> None:
    """What a year costs, and why; the billing year."""
