"""Tables of messages and the register: message, journal, report, attachments, claims, mailbox, outbox, parties."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    or_,
    text,
)

from gateway.store.tables import RowId, UtcTime, metadata

FOUND_BY = (
    *("submitter_id", "sender_id", "recipient_id", "state", "kind"),
    *("number", "issue_date", "amount_cents", "received_at"),
)
"""What messages are searched by, in one index: a search without hits reads this alone, newest first."""

messages = Table(
    "messages",
    metadata,
    Column("kenmerk", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("disposition", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("submitter_id", Text),
    Column("key_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("body_sha256", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("object_offset", BigInteger, nullable=False),
    Column("is_test", Boolean, nullable=False),
    Column("berichtsoort", Text),
    Column("aanleverkenmerk", Text),
    Column("on_behalf_of", Text),
    Column("wanted_recipient", Text),
    Column("wanted_profile", Text),
    Column("traceparent", Text),
    Column("steps", Integer, nullable=False),
    Column("sender_id", Text),
    Column("recipient_id", Text),
    Column("recipient", Text),
    Column("kind", Text),
    Column("number", Text),
    Column("issue_date", Text),
    Column("amount_cents", BigInteger),
    Column("profile", Text),
    Column("duplicate_of", Text),
    Column("accepted_digest", LargeBinary, nullable=False),
    Column("journal_digest", LargeBinary, nullable=False),
    Column("report_digest", LargeBinary),
    Column("attachments_digest", LargeBinary),
    Column("forgotten", Text),
    Column("recorded", BigInteger, nullable=False),
    Column("node_id", Text, nullable=False, server_default=""),
    Index(None, "submitter_id", "kenmerk"),
    Index(None, "recipient_id", "kenmerk"),
    Index("ix_messages_found", "kenmerk", *FOUND_BY),
)
"""One row a message; written when it is accepted and when its state changes. The journal is the truth of
its life, this row its newest page. `recorded` is the position of its newest change in the record. The digests are
of its parts (`store/record/messages.py`); `forgotten` names parts that were removed on purpose, by the names of
their digests with spaces between: the digest then stands for the part. `contents`, before the others, is the
bytes, of which the hashes stay; of `personal-data` the digests are those of what is left. `node_id` is the node
that is to judge it, or is offering it to its recipient just now; empty: no node."""

CONTENTS_FORGOTTEN = "contents"
has_contents = or_(messages.c.forgotten.is_(None), messages.c.forgotten.not_like(f"{CONTENTS_FORGOTTEN}%"))
"""The bytes of the document and its attachments are kept."""

is_waiting = text("state = 'received'")
"""Accepted and not yet judged, in words that match its index below."""
is_offered = text("state = 'offered'")
"""Being offered to its recipient, or to be offered again, in words that match its index below."""
is_stuck = text("state IN ('parked', 'returned')")
"""Set apart or returned, in words that match its index below."""
is_sent_by_another = text("(submitter_id IS NULL OR sender_id <> submitter_id)")
"""Sent for its sender, as by an intermediary, in words that match its index below."""

for _name, _columns, _where in (
    ("waiting", ("node_id", "kenmerk"), is_waiting),
    ("offered", ("recipient_id",), is_offered),
    ("stuck", ("state", "kenmerk"), is_stuck),
    ("sent_by_another", ("sender_id", "kenmerk"), is_sent_by_another),
):
    _keys = [messages.c[_column] for _column in _columns]
    Index(f"ix_messages_{_name}", *_keys, sqlite_where=_where, postgresql_where=_where)

journal = Table(
    "journal",
    metadata,
    Column("kenmerk", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("step", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("foutcode", Text),
    Column("detail", Text),
    sqlite_with_rowid=False,
)
"""Insert-only: every step of every message, in order."""

reports = Table(
    "reports",
    metadata,
    Column("kenmerk", Text, primary_key=True),
    Column("report", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The verdict as JSON, as it was given."""

attachments = Table(
    "attachments",
    metadata,
    Column("kenmerk", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("filename", Text),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("start", BigInteger),
    Column("end", BigInteger),
    Column("object_key", Text),
    Column("object_offset", BigInteger),
    sqlite_with_rowid=False,
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("submitter_id", Text, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    Column("kenmerk", Text, nullable=False),
    Column("body_sha256", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

claims = Table(
    "claims",
    metadata,
    Column("claim", Text, primary_key=True),
    Column("kenmerk", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Which message holds supplier, number and year: the first valid one; a later one is a duplicate."""

mailbox = Table(
    "mailbox",
    metadata,
    Column("recipient_id", Text, primary_key=True),
    Column("kenmerk", Text, primary_key=True),
    Column("token", Text),
    Column("leased_until", UtcTime),
    Column("times_taken", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""Delivered and not yet confirmed. A row goes when the recipient confirms; the journal keeps that."""

outbox = Table(
    "outbox",
    metadata,
    Column("kenmerk", Text, primary_key=True),
    Column("recipient_id", Text, nullable=False),
    Column("queued_at", UtcTime, nullable=False),
    Index(None, "recipient_id", "kenmerk"),
    sqlite_with_rowid=False,
)
"""One row a message that waits for a recipient that wants to be called; it goes when the message is delivered
or returned. A kenmerk follows time, so a recipient's messages are in order by it."""

delivery_pauses = Table(
    "delivery_pauses",
    metadata,
    Column("recipient_id", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("again_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
"""Recipients that could not be reached: how often in a row, and when they may be called again."""

damage = Table(
    "damage",
    metadata,
    Column("kenmerk", Text, primary_key=True),
    Column("found_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Messages whose stored content was found damaged or missing, until it is sound again."""

parties = Table(
    "parties",
    metadata,
    Column("party_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("kind_source", Text, nullable=False),
    Column("mandates", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("recorded", BigInteger, nullable=False, server_default="0"),
)
"""`recorded`, also of other tables whose rows change: the position of the row's newest change in the record."""

party_identifiers = Table(
    "party_identifiers",
    metadata,
    Column("scheme", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("party_id", Text, nullable=False, index=True),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("secret_sha256", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("party_id", Text),
    Column("is_test", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("revoked_at", UtcTime),
    Column("revoked_by", Text),
    Column("prefix", Text, nullable=False, server_default=""),
    Column("label", Text, nullable=False, server_default=""),
    Column("expires_at", UtcTime),
    Column("recorded", BigInteger, nullable=False, server_default="0"),
)

key_uses = Table(
    "key_uses",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("used_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
"""When a key was last used, to the hour."""

portal_sessions = Table(
    "portal_sessions",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("is_link", Boolean, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("party_id", Text),
    Column("is_test", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
"""Who is signed in to the portal, and links that sign in once. `name`: of a person whose account is elsewhere;
empty for a person who signed in with the key `key_id`."""

people = Table(
    "people",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Names of people with an account elsewhere, as they last signed in, by what the journal and billing call them."""

forgotten_parts = Table(
    "forgotten_parts",
    metadata,
    Column("kenmerk", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("at", UtcTime, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Insert-only: which parts of which messages were forgotten, by which rule, and the hash of what is gone."""

erasures = Table(
    "erasures",
    metadata,
    Column("object_key", Text, primary_key=True),
    Column("object_offset", BigInteger, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Forgotten bytes that are still in document storage. A row goes when they are gone."""

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Insert-only: each legal hold that was set or lifted. The newest row of a subject says whether it is held."""

retention_runs = Table(
    "retention_runs",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("report", Text, nullable=False),
)
"""Insert-only: the report of each run, as JSON."""

register_log = Table(
    "register_log",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
"""Insert-only: every change to parties and keys, and every action in billing. Its newest id tells a server that
another process changed the register."""
