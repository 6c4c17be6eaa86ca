"""Insert-only tables: the database itself refuses to change or remove their rows."""

from collections.abc import Iterable

from sqlalchemy import Table, UniqueConstraint

_SQLITE = """CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table}{condition}
BEGIN SELECT RAISE(ABORT, '{table} is insert-only{advice}'); END"""

_POSTGRESQL_FUNCTION = """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is insert-only%', TG_TABLE_NAME, TG_ARGV[0]; END $$"""
_POSTGRESQL = """CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('{advice}')"""


_MAY_FORGET = """NEW.kenmerk = OLD.kenmerk AND NEW.position = OLD.position AND NEW.step = OLD.step
AND NEW.at = OLD.at AND NEW.foutcode IS NOT DISTINCT FROM OLD.foutcode AND NEW.detail IS NULL
AND NEW.actor IN (OLD.actor, 'forgotten')"""
"""A step of a journal may lose its detail and the name of the person who acted, and nothing else."""
_SQLITE_JOURNAL = f"""CREATE TRIGGER journal_UPDATE BEFORE UPDATE ON journal WHEN NOT ({_MAY_FORGET})
BEGIN SELECT RAISE(ABORT, 'journal is insert-only'); END"""
_POSTGRESQL_JOURNAL = (
    """CREATE TRIGGER journal_guard BEFORE DELETE OR TRUNCATE ON journal
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('')""",
    f"""CREATE TRIGGER journal_guard_update BEFORE UPDATE ON journal FOR EACH ROW WHEN (NOT ({_MAY_FORGET}))
EXECUTE FUNCTION refuse_change('')""",
)


def journal_guard_ddl(dialect_name: str, journal: Table) -> tuple[str, ...]:
    """The same for the journal, of which personal data may be forgotten."""
    if dialect_name == "postgresql":
        return _POSTGRESQL_JOURNAL
    others = [guard for guard in guard_ddl(dialect_name, [journal]) if "BEFORE UPDATE" not in guard]
    return (*others, _SQLITE_JOURNAL.replace("IS NOT DISTINCT FROM", "IS"))


def guard_ddl(dialect_name: str, tables: Iterable[Table], advice: str = "") -> tuple[str, ...]:
    """Statements that make these tables insert-only; `advice` ends the refusal's sentence."""
    if dialect_name == "postgresql":
        guards = (_POSTGRESQL.format(table=table.name, advice=advice) for table in tables)
        return (_POSTGRESQL_FUNCTION, *guards)
    return tuple(
        _SQLITE.format(table=table.name, verb=verb, condition=condition, advice=advice)
        for table in tables
        for verb, condition in (("UPDATE", ""), ("DELETE", ""), ("INSERT", f" WHEN {_is_there(table)}"))
    )


def _is_there(table: Table) -> str:
    """Whether a new row has the key of another, which `INSERT OR REPLACE` would remove without a trigger."""
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys = [list(table.primary_key.columns), *(list(one.columns) for one in unique)]
    equals = [" AND ".join(f'"{column.name}" = NEW."{column.name}"' for column in key) for key in keys]
    return " OR ".join(
        f"EXISTS (SELECT 1 FROM {table.name} WHERE {equal})"  # noqa: S608 - our own names
        for equal in sorted(equals)
    )
