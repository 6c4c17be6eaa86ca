"""The tables of all channels: who reads the record without opening a channel knows them from here."""

from gateway.channels.digipoort.tables import handed_out, processen

__all__ = ["TABLES"]

TABLES = (handed_out, processen)
