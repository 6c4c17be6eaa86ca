"""The first shape: messages, register, meter, bills."""

import sqlalchemy as sa
from alembic import op

from gateway.metering.entry import GATEWAY
from gateway.metering.seal import FIRST
from gateway.store.migrations.guards import guard_ddl, journal_guard_ddl
from gateway.store.record.chain import CHAINS, empty_chain
from gateway.store.tables import Money, RowId, UtcTime

revision = "0001"
down_revision = None

_BYTE_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_WAITING = sa.text("state = 'received'")
_OFFERED = sa.text("state = 'offered'")
_START = (
    f"INSERT INTO usage_sources (number, source) VALUES (1, '{GATEWAY}')",  # noqa: S608 - our own constant
    "INSERT INTO compatibility (id, oldest_step) VALUES (1, '0001')",
    f"INSERT INTO usage_head (id, position, running, sealed) VALUES (1, 0, '{FIRST}', 0)",  # noqa: S608
)
_INSERT_ONLY = (
    "billing_approvals",
    "billing_debtors",
    "billing_deliveries",
    "billing_documents",
    "billing_issues",
    "billing_payments",
    "billing_runs",
    "billing_steps",
    "billing_tariffs",
    "forgotten_parts",
    "journal",
    "legal_holds",
    "record",
    "register_log",
    "retention_runs",
)
_LEDGER = ("usage_entries", "usage_seals", "usage_sources")
_shape = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def upgrade() -> None:
    """Make every table, its guards and the rows it starts from."""
    _shape.create_all(op.get_bind())
    dialect_name = op.get_context().dialect.name
    guards = guard_ddl(dialect_name, [_shape.tables[name] for name in _INSERT_ONLY])
    ledger_tables = [_shape.tables[name] for name in _LEDGER]
    ledger_guards = guard_ddl(dialect_name, ledger_tables, ": record a reversal instead")
    for statement in (*_START, *guards, *journal_guard_ddl(dialect_name), *ledger_guards):
        op.execute(statement)
    op.bulk_insert(_record_head, [{"chain": one} | empty_chain(one)._asdict() for one in range(CHAINS)])


sa.Table(
    "api_keys",
    _shape,
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("secret_sha256", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("party_id", sa.Text),
    sa.Column("is_test", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("revoked_at", UtcTime),
    sa.Column("revoked_by", sa.Text),
    sa.Column("prefix", sa.Text, nullable=False, server_default=""),
    sa.Column("label", sa.Text, nullable=False, server_default=""),
    sa.Column("expires_at", UtcTime),
    sa.Column("recorded", sa.BigInteger, nullable=False, server_default="0"),
    sa.UniqueConstraint("secret_sha256"),
)
sa.Table(
    "key_uses",
    _shape,
    sa.Column("key_id", sa.Text, primary_key=True),
    sa.Column("used_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "portal_sessions",
    _shape,
    sa.Column("token_sha256", sa.Text, primary_key=True),
    sa.Column("is_link", sa.Boolean, nullable=False),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("party_id", sa.Text),
    sa.Column("is_test", sa.Boolean, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "attachments",
    _shape,
    sa.Column("kenmerk", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("filename", sa.Text),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("start", sa.BigInteger),
    sa.Column("end", sa.BigInteger),
    sa.Column("object_key", sa.Text),
    sa.Column("object_offset", sa.BigInteger),
    sqlite_with_rowid=False,
)
sa.Table(
    "billing_approvals",
    _shape,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
sa.Table(
    "billing_counters",
    _shape,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
    sa.Column("recorded", sa.BigInteger, nullable=False, server_default="0"),
)
sa.Table(
    "billing_debtors",
    _shape,
    sa.Column("version", RowId, primary_key=True),
    sa.Column("party_id", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index(None, "party_id"),
)
sa.Table(
    "billing_deliveries",
    _shape,
    sa.Column("delivery_id", RowId, primary_key=True),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("means", sa.Text, nullable=False),
    sa.Column("to", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.UniqueConstraint("number", "means"),
    sa.Index(None, "number"),
)
sa.Table(
    "billing_documents",
    _shape,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("party_id", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("issued_in", sa.Integer, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("xml", sa.LargeBinary, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("pdf", sa.LargeBinary, nullable=False),
    sa.Column("pdf_sha256", sa.Text, nullable=False),
    sa.Column("pdf_version", sa.Text, nullable=False),
    sa.UniqueConstraint("issued_in", "rank"),
    sa.UniqueConstraint("service", "year", "party_id", "ordinal"),
    sa.Index(None, "run_id"),
)
sa.Table(
    "billing_issues",
    _shape,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
sa.Table(
    "billing_payments",
    _shape,
    sa.Column("payment_id", RowId, primary_key=True),
    sa.Column("entry_id", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("amount", Money, nullable=False),
    sa.Column("booked_on", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.UniqueConstraint("entry_id", "number"),
    sa.Index(None, "number"),
)
sa.Table(
    "billing_runs",
    _shape,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("ordered", sa.Text, nullable=False),
    sa.Column("inputs", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
)
sa.Table(
    "billing_steps",
    _shape,
    sa.Column("number", RowId, primary_key=True),
    sa.Column("party_id", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("means", sa.Text, nullable=False),
    sa.Column("units", sa.BigInteger, nullable=False),
    sa.Column("amount", Money, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.UniqueConstraint("service", "year", "party_id", "kind", "key"),
)
sa.Table(
    "billing_tariffs",
    _shape,
    sa.Column("proposal_id", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
sa.Table(
    "claims",
    _shape,
    sa.Column("claim", sa.Text, primary_key=True),
    sa.Column("kenmerk", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "compatibility",
    _shape,
    sa.Column("id", sa.Integer, autoincrement=False, primary_key=True),
    sa.Column("oldest_step", sa.Text, nullable=False),
)
sa.Table(
    "damage",
    _shape,
    sa.Column("kenmerk", sa.Text, primary_key=True),
    sa.Column("found_at", UtcTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "handed_out",
    _shape,
    sa.Column("oin", sa.Text, primary_key=True),
    sa.Column("kenmerk", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sqlite_with_rowid=False,
)
sa.Table(
    "delivery_pauses",
    _shape,
    sa.Column("recipient_id", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("again_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "erasures",
    _shape,
    sa.Column("object_key", sa.Text, primary_key=True),
    sa.Column("object_offset", sa.BigInteger, primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "forgotten_parts",
    _shape,
    sa.Column("kenmerk", sa.Text, primary_key=True),
    sa.Column("part", sa.Text, primary_key=True),
    sa.Column("at", UtcTime, primary_key=True),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "idempotency",
    _shape,
    sa.Column("submitter_id", sa.Text, primary_key=True),
    sa.Column("idempotency_key", sa.Text, primary_key=True),
    sa.Column("kenmerk", sa.Text, nullable=False),
    sa.Column("body_sha256", sa.Text, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "journal",
    _shape,
    sa.Column("kenmerk", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("foutcode", sa.Text),
    sa.Column("detail", sa.Text),
    sqlite_with_rowid=False,
)
sa.Table(
    "legal_holds",
    _shape,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
sa.Table(
    "mailbox",
    _shape,
    sa.Column("recipient_id", sa.Text, primary_key=True),
    sa.Column("kenmerk", sa.Text, primary_key=True),
    sa.Column("token", sa.Text),
    sa.Column("leased_until", UtcTime),
    sa.Column("times_taken", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "messages",
    _shape,
    sa.Column("kenmerk", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("disposition", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("submitter_id", sa.Text),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("idempotency_key", sa.Text),
    sa.Column("body_sha256", sa.Text, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("object_key", sa.Text, nullable=False),
    sa.Column("object_offset", sa.BigInteger, nullable=False),
    sa.Column("is_test", sa.Boolean, nullable=False),
    sa.Column("berichtsoort", sa.Text),
    sa.Column("aanleverkenmerk", sa.Text),
    sa.Column("on_behalf_of", sa.Text),
    sa.Column("wanted_recipient", sa.Text),
    sa.Column("wanted_profile", sa.Text),
    sa.Column("traceparent", sa.Text),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("sender_id", sa.Text),
    sa.Column("recipient_id", sa.Text),
    sa.Column("recipient", sa.Text),
    sa.Column("kind", sa.Text),
    sa.Column("number", sa.Text),
    sa.Column("issue_date", sa.Text),
    sa.Column("amount_cents", sa.BigInteger),
    sa.Column("profile", sa.Text),
    sa.Column("duplicate_of", sa.Text),
    sa.Column("accepted_digest", sa.LargeBinary, nullable=False),
    sa.Column("journal_digest", sa.LargeBinary, nullable=False),
    sa.Column("report_digest", sa.LargeBinary),
    sa.Column("attachments_digest", sa.LargeBinary),
    sa.Column("forgotten", sa.Text),
    sa.Column("recorded", sa.BigInteger, nullable=False),
    sa.Column("node_id", sa.Text, nullable=False, server_default=""),
    sa.Index(None, "recipient_id", "kenmerk"),
    sa.Index(None, "submitter_id", "kenmerk"),
    sa.Index(
        "ix_messages_found",
        *("kenmerk", "submitter_id", "sender_id", "recipient_id", "state", "kind"),
        *("number", "issue_date", "amount_cents", "received_at"),
    ),
    sa.Index("ix_messages_waiting", "node_id", "kenmerk", sqlite_where=_WAITING, postgresql_where=_WAITING),
    sa.Index("ix_messages_offered", "recipient_id", sqlite_where=_OFFERED, postgresql_where=_OFFERED),
)
sa.Table(
    "node_jobs",
    _shape,
    sa.Column("job", sa.Text, primary_key=True),
    sa.Column("node_id", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "nodes",
    _shape,
    sa.Column("node_id", sa.Text, primary_key=True),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "outbox",
    _shape,
    sa.Column("kenmerk", sa.Text, primary_key=True),
    sa.Column("recipient_id", sa.Text, nullable=False),
    sa.Column("queued_at", UtcTime, nullable=False),
    sa.Index(None, "recipient_id", "kenmerk"),
    sqlite_with_rowid=False,
)
sa.Table(
    "parties",
    _shape,
    sa.Column("party_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("kind_source", sa.Text, nullable=False),
    sa.Column("mandates", sa.Text, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("recorded", sa.BigInteger, nullable=False, server_default="0"),
)
sa.Table(
    "party_identifiers",
    _shape,
    sa.Column("scheme", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("party_id", sa.Text, nullable=False),
    sa.Index(None, "party_id"),
)
sa.Table(
    "processen",
    _shape,
    sa.Column("kenmerk", sa.Text, primary_key=True),
    sa.Column("berichtsoort", sa.Text, nullable=False),
    sa.Column("berichtkenmerk", sa.Text, nullable=False),
    sa.Column("tijdstempel_aangeleverd", UtcTime, nullable=False),
    sa.Column("belanghebbende_nummer", sa.Text, nullable=False),
    sa.Column("belanghebbende_type", sa.Text, nullable=False),
    sa.Column("rol_belanghebbende", sa.Text, nullable=False),
    sa.Column("aanleverkenmerk", sa.Text),
    sa.Column("eerder_aanleverkenmerk", sa.Text),
    sa.Column("identiteit_aanleveraar", sa.Text),
    sa.Column("ontvanger_nummer", sa.Text),
    sa.Column("ontvanger_type", sa.Text),
    sa.Column("rol_ontvanger", sa.Text),
    sa.Column("autorisatie_adres", sa.Text),
    sa.Column("mime_type", sa.Text, nullable=False),
    sa.Column("bestandsnaam", sa.Text, nullable=False),
    sa.Index(None, "identiteit_aanleveraar", "berichtkenmerk"),
    sqlite_with_rowid=False,
)
sa.Table(
    "record",
    _shape,
    sa.Column("position", RowId, autoincrement=False, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("changes", sa.Text, nullable=False),
    sa.Column("link", sa.LargeBinary, nullable=False),
)
_record_head = sa.Table(
    "record_head",
    _shape,
    sa.Column("chain", sa.Integer, autoincrement=False, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("link", sa.LargeBinary, nullable=False),
)
sa.Table(
    "register_log",
    _shape,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)
sa.Table(
    "reports",
    _shape,
    sa.Column("kenmerk", sa.Text, primary_key=True),
    sa.Column("report", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "retention_runs",
    _shape,
    sa.Column("id", RowId, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
)
sa.Table(
    "usage_entries",
    _shape,
    sa.Column("position", RowId, autoincrement=False, primary_key=True),
    sa.Column("source", sa.Integer, nullable=False),
    sa.Column("key", _BYTE_TEXT, nullable=False),
    sa.Column("party_id", _BYTE_TEXT, nullable=False),
    sa.Column("kind", _BYTE_TEXT, nullable=False),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", sa.BigInteger, nullable=False),
    sa.Column("reverses", sa.BigInteger),
    sa.Column("reason", sa.Text),
    sa.Column("author", sa.Text),
    sa.UniqueConstraint("source", "key"),
    sa.Index("ix_usage_entries_party_id", "party_id", "at"),
)
sa.Table(
    "usage_head",
    _shape,
    sa.Column("id", sa.Integer, autoincrement=False, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("running", sa.Text, nullable=False),
    sa.Column("sealed", sa.BigInteger, nullable=False),
)
sa.Table(
    "usage_rollups",
    _shape,
    sa.Column("party_id", _BYTE_TEXT, primary_key=True),
    sa.Column("year", sa.Integer, autoincrement=False, primary_key=True),
    sa.Column("kind", _BYTE_TEXT, primary_key=True),
    sa.Column("day", _BYTE_TEXT, primary_key=True),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("entries", sa.BigInteger, nullable=False),
    sa.Column("late", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "usage_seals",
    _shape,
    sa.Column("number", RowId, autoincrement=False, primary_key=True),
    sa.Column("first_position", sa.BigInteger, nullable=False),
    sa.Column("last_position", sa.BigInteger, nullable=False),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("root", sa.Text, nullable=False),
    sa.Column("sealed_at", sa.BigInteger, nullable=False),
    sa.Column("joined", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Index(None, "last_position"),
)
sa.Table(
    "usage_sources",
    _shape,
    sa.Column("number", sa.Integer, autoincrement=False, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.UniqueConstraint("source"),
)
