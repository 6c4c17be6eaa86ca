"""The first shape: messages, register, meter, bills."""

import sqlalchemy as sa
from alembic import op

from gateway.store.billing.tables import billing_ddl
from gateway.store.ledger.tables import ledger_ddl
from gateway.store.messages.tables import message_ddl
from gateway.store.tables import Money, RowId, UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table, its guards and the rows it starts from."""
    _make_api_keys()
    _make_attachments()
    _make_billing_approvals()
    _make_billing_audit()
    _make_billing_counters()
    _make_billing_debtors()
    _make_billing_documents()
    _make_billing_issues()
    _make_billing_runs()
    _make_billing_steps()
    _make_claims()
    _make_handed_out()
    _make_delivery_pauses()
    _make_idempotency()
    _make_journal()
    _make_mailbox()
    _make_messages()
    _make_outbox()
    _make_parties()
    _make_party_identifiers()
    _make_processen()
    _make_register_log()
    _make_reports()
    _make_usage_entries()
    _make_usage_head()
    _make_usage_rollups()
    _make_usage_seals()
    _make_usage_sources()
    dialect_name = op.get_context().dialect.name
    for statement in (*message_ddl(dialect_name), *ledger_ddl(dialect_name), *billing_ddl(dialect_name)):
        op.execute(statement)


def _make_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_api_keys_secret_sha256")),
    )


def _make_attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("kenmerk", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=True),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.Column("object_key", sa.Text(), nullable=True),
        sa.Column("object_offset", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kenmerk", "number", name=op.f("pk_attachments")),
        sqlite_with_rowid=False,
    )


def _make_billing_approvals() -> None:
    op.create_table(
        "billing_approvals",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_billing_approvals")),
    )


def _make_billing_audit() -> None:
    op.create_table(
        "billing_audit",
        sa.Column("number", RowId, autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_billing_audit")),
    )
    op.create_index("ix_billing_audit_subject", "billing_audit", ["subject"], unique=False)


def _make_billing_counters() -> None:
    op.create_table(
        "billing_counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_billing_counters")),
    )


def _make_billing_debtors() -> None:
    op.create_table(
        "billing_debtors",
        sa.Column("version", RowId, nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_billing_debtors")),
    )
    op.create_index(op.f("ix_billing_debtors_party_id"), "billing_debtors", ["party_id"], unique=False)


def _make_billing_documents() -> None:
    op.create_table(
        "billing_documents",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("issued_in", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("xml", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_billing_documents")),
        sa.UniqueConstraint("issued_in", "rank", name=op.f("uq_billing_documents_issued_in_rank")),
        sa.UniqueConstraint(
            "service",
            "year",
            "party_id",
            "ordinal",
            name=op.f("uq_billing_documents_service_year_party_id_ordinal"),
        ),
    )
    op.create_index(op.f("ix_billing_documents_run_id"), "billing_documents", ["run_id"], unique=False)


def _make_billing_issues() -> None:
    op.create_table(
        "billing_issues",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_billing_issues")),
    )


def _make_billing_runs() -> None:
    op.create_table(
        "billing_runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("ordered", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_billing_runs")),
    )


def _make_billing_steps() -> None:
    op.create_table(
        "billing_steps",
        sa.Column("number", RowId, nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("means", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("amount", Money(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_billing_steps")),
        sa.UniqueConstraint(
            "service",
            "year",
            "party_id",
            "kind",
            "key",
            name=op.f("uq_billing_steps_service_year_party_id_kind_key"),
        ),
    )


def _make_claims() -> None:
    op.create_table(
        "claims",
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("kenmerk", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("claim", name=op.f("pk_claims")),
        sqlite_with_rowid=False,
    )


def _make_handed_out() -> None:
    op.create_table(
        "handed_out",
        sa.Column("oin", sa.Text(), nullable=False),
        sa.Column("kenmerk", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("oin", "kenmerk", "position", name=op.f("pk_handed_out")),
        sqlite_with_rowid=False,
    )


def _make_delivery_pauses() -> None:
    op.create_table(
        "delivery_pauses",
        sa.Column("recipient_id", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("again_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("recipient_id", name=op.f("pk_delivery_pauses")),
        sqlite_with_rowid=False,
    )


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("kenmerk", sa.Text(), nullable=False),
        sa.Column("recipient_id", sa.Text(), nullable=False),
        sa.Column("queued_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("kenmerk", name=op.f("pk_outbox")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_outbox_recipient_id_kenmerk"), "outbox", ["recipient_id", "kenmerk"], unique=False)


def _make_idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("submitter_id", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("kenmerk", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("submitter_id", "idempotency_key", name=op.f("pk_idempotency")),
        sqlite_with_rowid=False,
    )


def _make_journal() -> None:
    op.create_table(
        "journal",
        sa.Column("kenmerk", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("foutcode", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kenmerk", "position", name=op.f("pk_journal")),
        sqlite_with_rowid=False,
    )


def _make_mailbox() -> None:
    op.create_table(
        "mailbox",
        sa.Column("recipient_id", sa.Text(), nullable=False),
        sa.Column("kenmerk", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("leased_until", UtcTime(), nullable=True),
        sa.Column("times_taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("recipient_id", "kenmerk", name=op.f("pk_mailbox")),
        sqlite_with_rowid=False,
    )


def _make_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("kenmerk", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("submitter_id", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("object_offset", sa.BigInteger(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("berichtsoort", sa.Text(), nullable=True),
        sa.Column("aanleverkenmerk", sa.Text(), nullable=True),
        sa.Column("on_behalf_of", sa.Text(), nullable=True),
        sa.Column("wanted_recipient", sa.Text(), nullable=True),
        sa.Column("wanted_profile", sa.Text(), nullable=True),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=True),
        sa.Column("recipient_id", sa.Text(), nullable=True),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issue_date", sa.Text(), nullable=True),
        sa.Column("profile", sa.Text(), nullable=True),
        sa.Column("duplicate_of", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kenmerk", name=op.f("pk_messages")),
    )
    op.create_index(
        op.f("ix_messages_recipient_id_kenmerk"), "messages", ["recipient_id", "kenmerk"], unique=False
    )
    op.create_index(
        op.f("ix_messages_submitter_id_kenmerk"), "messages", ["submitter_id", "kenmerk"], unique=False
    )
    op.create_index(
        "ix_messages_waiting",
        "messages",
        ["kenmerk"],
        unique=False,
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )


def _make_parties() -> None:
    op.create_table(
        "parties",
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("kind_source", sa.Text(), nullable=False),
        sa.Column("mandates", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_parties")),
    )


def _make_party_identifiers() -> None:
    op.create_table(
        "party_identifiers",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "value", name=op.f("pk_party_identifiers")),
    )
    op.create_index(op.f("ix_party_identifiers_party_id"), "party_identifiers", ["party_id"], unique=False)


def _make_processen() -> None:
    op.create_table(
        "processen",
        sa.Column("kenmerk", sa.Text(), nullable=False),
        sa.Column("berichtsoort", sa.Text(), nullable=False),
        sa.Column("berichtkenmerk", sa.Text(), nullable=False),
        sa.Column("tijdstempel_aangeleverd", UtcTime(), nullable=False),
        sa.Column("belanghebbende_nummer", sa.Text(), nullable=False),
        sa.Column("belanghebbende_type", sa.Text(), nullable=False),
        sa.Column("rol_belanghebbende", sa.Text(), nullable=False),
        sa.Column("aanleverkenmerk", sa.Text(), nullable=True),
        sa.Column("eerder_aanleverkenmerk", sa.Text(), nullable=True),
        sa.Column("identiteit_aanleveraar", sa.Text(), nullable=True),
        sa.Column("ontvanger_nummer", sa.Text(), nullable=True),
        sa.Column("ontvanger_type", sa.Text(), nullable=True),
        sa.Column("rol_ontvanger", sa.Text(), nullable=True),
        sa.Column("autorisatie_adres", sa.Text(), nullable=True),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("bestandsnaam", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kenmerk", name=op.f("pk_processen")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_processen_identiteit_aanleveraar_berichtkenmerk"),
        "processen",
        ["identiteit_aanleveraar", "berichtkenmerk"],
        unique=False,
    )


def _make_register_log() -> None:
    op.create_table(
        "register_log",
        sa.Column("id", RowId, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_log")),
    )


def _make_reports() -> None:
    op.create_table(
        "reports",
        sa.Column("kenmerk", sa.Text(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kenmerk", name=op.f("pk_reports")),
        sqlite_with_rowid=False,
    )


def _make_usage_entries() -> None:
    op.create_table(
        "usage_entries",
        sa.Column("position", RowId, autoincrement=False, nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("party_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("kind", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_usage_entries")),
        sa.UniqueConstraint("source", "key", name=op.f("uq_usage_entries_source_key")),
    )
    op.create_index("ix_usage_entries_party_id", "usage_entries", ["party_id", "at"], unique=False)


def _make_usage_head() -> None:
    op.create_table(
        "usage_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("running", sa.Text(), nullable=False),
        sa.Column("sealed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_head")),
    )


def _make_usage_rollups() -> None:
    op.create_table(
        "usage_rollups",
        sa.Column("party_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("day", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("party_id", "year", "kind", "day", name=op.f("pk_usage_rollups")),
        sqlite_with_rowid=False,
    )


def _make_usage_seals() -> None:
    op.create_table(
        "usage_seals",
        sa.Column("number", RowId, autoincrement=False, nullable=False),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("joined", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_usage_seals")),
        sa.UniqueConstraint("last_position", name=op.f("uq_usage_seals_last_position")),
    )


def _make_usage_sources() -> None:
    op.create_table(
        "usage_sources",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_usage_sources")),
        sa.UniqueConstraint("source", name=op.f("uq_usage_sources_source")),
    )
    # ### end Alembic commands ###
