"""The tables in which channels keep what only they know, here so that a reader of the record knows them."""

from sqlalchemy import Column, Index, Integer, Table, Text

from gateway.store.tables import UtcTime, metadata

processen = Table(
    "processen",
    metadata,
    Column("kenmerk", Text, primary_key=True),
    Column("berichtsoort", Text, nullable=False),
    Column("berichtkenmerk", Text, nullable=False),
    Column("tijdstempel_aangeleverd", UtcTime, nullable=False),
    Column("belanghebbende_nummer", Text, nullable=False),
    Column("belanghebbende_type", Text, nullable=False),
    Column("rol_belanghebbende", Text, nullable=False),
    Column("aanleverkenmerk", Text),
    Column("eerder_aanleverkenmerk", Text),
    Column("identiteit_aanleveraar", Text),
    Column("ontvanger_nummer", Text),
    Column("ontvanger_type", Text),
    Column("rol_ontvanger", Text),
    Column("autorisatie_adres", Text),
    Column("mime_type", Text, nullable=False),
    Column("bestandsnaam", Text, nullable=False),
    Index(None, "identiteit_aanleveraar", "berichtkenmerk"),
    sqlite_with_rowid=False,
)
"""Insert-only: one row for each message that came in over this channel."""

handed_out = Table(
    "handed_out",
    metadata,
    Column("oin", Text, primary_key=True),
    Column("kenmerk", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    sqlite_with_rowid=False,
)
"""Insert-only: which status (position in the journal) or message (below 0) an OIN received as new."""

PARTS = (processen,)
"""Those whose rows belong to a message."""
