"""Insert-only tables: the database itself refuses to change or remove their rows."""

from collections.abc import Iterable

_SQLITE = """CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is insert-only{advice}'); END"""

_POSTGRESQL_FUNCTION = """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is insert-only%', TG_TABLE_NAME, TG_ARGV[0]; END $$"""
_POSTGRESQL = """CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('{advice}')"""


def guard_ddl(dialect_name: str, tables: Iterable[str], advice: str = "") -> tuple[str, ...]:
    """Statements that make these tables insert-only; `advice` ends the refusal's sentence."""
    if dialect_name == "postgresql":
        guards = (_POSTGRESQL.format(table=table, advice=advice) for table in tables)
        return (_POSTGRESQL_FUNCTION, *guards)
    return tuple(
        _SQLITE.format(table=table, verb=verb, advice=advice) for table in tables for verb in ("UPDATE", "DELETE")
    )
