"""The tables of billing. All are insert-only, which the database enforces, but for the
counters: their values follow from the rows they count, and the audit compares them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.tables import Money, RowId, UtcTime, metadata

billing_debtors = Table(
    "billing_debtors",
    metadata,
    Column("version", RowId, primary_key=True),
    Column("party_id", Text, nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
)

billing_steps = Table(
    "billing_steps",
    metadata,
    Column("number", RowId, primary_key=True),
    Column("party_id", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("means", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("amount", Money, nullable=False),
    Column("document", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("service", "year", "party_id", "kind", "key"),
)

billing_runs = Table(
    "billing_runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("ordered", Text, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("position", BigInteger, nullable=False),
)

billing_tariffs = Table(
    "billing_tariffs",
    metadata,
    Column("proposal_id", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""Tariffs that somebody proposed."""

billing_approvals = Table(
    "billing_approvals",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""Approvals of runs and of proposed tariffs, which both have the start of a digest as their id."""

billing_issues = Table(
    "billing_issues",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

billing_documents = Table(
    "billing_documents",
    metadata,
    Column("number", Text, primary_key=True),
    Column("run_id", Text, nullable=False, index=True),
    Column("party_id", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("issued_in", Integer, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("xml", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("pdf", LargeBinary, nullable=False),
    Column("pdf_sha256", Text, nullable=False),
    Column("pdf_version", Text, nullable=False),
    # Two runs that were made on the same past cannot both bill it.
    UniqueConstraint("service", "year", "party_id", "ordinal"),
    UniqueConstraint("issued_in", "rank"),
)

billing_counters = Table(
    "billing_counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("recorded", BigInteger, nullable=False, server_default="0"),
)

billing_payments = Table(
    "billing_payments",
    metadata,
    Column("payment_id", RowId, primary_key=True),
    Column("entry_id", Text, nullable=False),
    Column("number", Text, nullable=False, index=True),
    Column("amount", Money, nullable=False),
    Column("booked_on", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("entry_id", "number"),
)

billing_deliveries = Table(
    "billing_deliveries",
    metadata,
    Column("delivery_id", RowId, primary_key=True),
    Column("number", Text, nullable=False, index=True),
    Column("means", Text, nullable=False),
    Column("to", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("number", "means"),
)
