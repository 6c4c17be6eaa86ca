"""The first shape: messages, register, meter, bills.

No version has been released yet, so it is made from the tables as they are. The first release writes it down here;
from then on each change of a table is a step.
"""

from alembic import op

from gateway.metering.entry import GATEWAY
from gateway.metering.seal import FIRST
from gateway.store.billing import tables as billing
from gateway.store.ledger import tables as ledger
from gateway.store.messages import channel_tables  # noqa: F401  # for its tables
from gateway.store.messages import tables as messages
from gateway.store.migrations.guards import guard_ddl, journal_guard_ddl
from gateway.store.nodes import tables as nodes  # noqa: F401  # for its tables
from gateway.store.record import tables as record
from gateway.store.record.chain import CHAINS, empty_chain
from gateway.store.tables import metadata

revision = "0001"
down_revision = None

_START = (
    f"INSERT INTO usage_sources (number, source) VALUES (1, '{GATEWAY}')",  # noqa: S608 - our own constant
    "INSERT INTO compatibility (id, oldest_step) VALUES (1, '0001')",
    f"INSERT INTO usage_head (id, position, running, sealed) VALUES (1, 0, '{FIRST}', 0)",  # noqa: S608
)
_INSERT_ONLY = (
    billing.billing_approvals,
    billing.billing_debtors,
    billing.billing_deliveries,
    billing.billing_documents,
    billing.billing_issues,
    billing.billing_payments,
    billing.billing_runs,
    billing.billing_steps,
    billing.billing_tariffs,
    messages.forgotten_parts,
    messages.legal_holds,
    record.record,
    messages.register_log,
    messages.retention_runs,
)
_LEDGER = (ledger.usage_entries, ledger.usage_seals, ledger.usage_sources)


def upgrade() -> None:
    """Make every table, its guards and the rows it starts from."""
    bind, dialect_name = op.get_bind(), op.get_context().dialect.name
    metadata.create_all(bind)
    guards = (
        *guard_ddl(dialect_name, _INSERT_ONLY),
        *journal_guard_ddl(dialect_name, messages.journal),
        *guard_ddl(dialect_name, _LEDGER, ": record a reversal instead"),
    )
    for statement in (*_START, *guards):
        op.execute(statement)
    op.bulk_insert(record.record_head, [{"chain": one} | empty_chain(one)._asdict() for one in range(CHAINS)])
