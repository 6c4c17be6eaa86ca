"""The database and the bytes of documents.

Owns: tables, queries, migrations, the grouping of commits, document storage.
Does not own: what a step means, who pays, what a document says.
Always true: what was acknowledged is on stable storage; the same code serves SQLite and PostgreSQL.
"""
