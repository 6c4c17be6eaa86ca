"""The queries of billing, by name. A parameter has the name of the column that it is compared with."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    bindparam,
    exists,
    func,
    insert,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.sql.dml import ReturningInsert

from gateway.store.billing.tables import (
    billing_approvals,
    billing_counters,
    billing_debtors,
    billing_deliveries,
    billing_documents,
    billing_issues,
    billing_payments,
    billing_runs,
    billing_steps,
    billing_tariffs,
)
from gateway.store.ledger.tables import usage_entries, usage_rollups
from gateway.store.messages.tables import idempotency
from gateway.store.record.queries import key_of

SENDER = "billing"
"""The key id under which bills are submitted to the gateway itself, each with its number as idempotency key."""

_debtors = billing_debtors.c
_steps = billing_steps.c
_runs = billing_runs.c
_approvals = billing_approvals.c
_issues = billing_issues.c
_bills = billing_documents.c
_payments = billing_payments.c
_deliveries = billing_deliveries.c

# Rows that are added


class Addition(NamedTuple):
    """Adds a row to a table, unless there is one with the same values of `keys`."""

    table: Table
    keys: tuple[str, ...] = ()

    def find(self, values: Mapping[str, object]) -> Select[int]:
        """Finds the row that is there."""
        return select(literal(1)).where(*(self.table.c[name] == values[name] for name in self.keys))

    def insert(self, values: Mapping[str, object]) -> ReturningInsert[Any]:
        """Adds the row; the answer is its key."""
        return insert(self.table).values(dict(values)).returning(self.table.c[key_of(self.table)])


ADD_STEP = Addition(billing_steps, ("service", "year", "party_id", "kind", "key"))
ADD_RUN = Addition(billing_runs, ("run_id",))
ADD_TARIFF = Addition(billing_tariffs, ("proposal_id",))
ADD_APPROVAL = Addition(billing_approvals, ("run_id",))
ADD_ISSUE = Addition(billing_issues, ("run_id",))
ADD_DOCUMENT = Addition(billing_documents)
ADD_DEBTOR = Addition(billing_debtors)
ADD_PAYMENT = Addition(billing_payments, ("entry_id", "number"))
ADD_DELIVERY = Addition(billing_deliveries, ("number", "means"))

# Debtors

DEBTORS = select(_debtors.body).order_by(_debtors.version)

# Steps of billing years

STEPS_OF_YEAR = (
    select(billing_steps)
    .where(_steps.service == bindparam("service"), _steps.year == bindparam("year"))
    .order_by(_steps.number)
)
STEPS_OF_PARTY = STEPS_OF_YEAR.where(_steps.party_id == bindparam("party_id"))
AMOUNTS_OF_DOCUMENTS = select(_steps.document, _steps.amount).where(_steps.document != "")

# Issued documents

BILL = select(_bills.body).where(_bills.number == bindparam("number"))
BILL_XML = select(_bills.xml).where(_bills.number == bindparam("number"))
BILL_PDF = select(_bills.pdf).where(_bills.number == bindparam("number"))
BILLS_OF_YEAR = (
    select(_bills.party_id, _bills.body)
    .where(_bills.service == bindparam("service"), _bills.year == bindparam("year"))
    .order_by(_bills.party_id, _bills.ordinal)
)
BILLS_ISSUED_IN = select(_bills.body).where(_bills.issued_in == bindparam("issued_in")).order_by(_bills.rank)
LAST_BILL_ISSUED_IN = BILLS_ISSUED_IN.order_by(None).order_by(_bills.rank.desc()).limit(1)
BILLS_OF_RUN = (
    select(_bills.body).where(_bills.run_id == bindparam("run_id")).order_by(_bills.issued_in, _bills.rank)
)
UNSENT_BILLS = (
    select(_bills.body)
    .where(
        ~exists().where(idempotency.c.submitter_id == SENDER, idempotency.c.idempotency_key == _bills.number),
        ~exists().where(_deliveries.number == _bills.number),
    )
    .order_by(_bills.issued_in, _bills.rank)
)
DOCUMENTS = select(*(one for one in _bills if one.name != "pdf")).order_by(_bills.issued_in, _bills.rank)
NUMBERS_GIVEN = select(billing_counters.c.value).where(billing_counters.c.name == bindparam("name"))

# Payments and deliveries

ISSUED_BILLS = select(_bills.body).order_by(_bills.issued_in, _bills.rank)
PAYMENTS = select(billing_payments).order_by(_payments.payment_id)
PAYMENTS_OF_BILL = PAYMENTS.where(_payments.number == bindparam("number"))
DELIVERIES = select(billing_deliveries).order_by(_deliveries.delivery_id)

# Runs

_ALL_RUNS = (
    select(
        _runs.run_id,
        _runs.ordered,
        _runs.digest,
        _runs.by,
        _runs.at,
        _runs.position,
        _approvals.by.label("approved_by"),
        _approvals.at.label("approved_at"),
        _issues.by.label("issued_by"),
        _issues.at.label("issued_at"),
    )
    .outerjoin_from(billing_runs, billing_approvals, _approvals.run_id == _runs.run_id)
    .outerjoin(billing_issues, _issues.run_id == _runs.run_id)
)
TARIFFS = (
    select(billing_tariffs, _approvals.by.label("approved_by"), _approvals.at.label("approved_at"))
    .outerjoin_from(billing_tariffs, billing_approvals, _approvals.run_id == billing_tariffs.c.proposal_id)
    .order_by(billing_tariffs.c.at, billing_tariffs.c.proposal_id)
)
RUN = _ALL_RUNS.where(_runs.run_id == bindparam("run_id"))
NEWEST_RUNS = _ALL_RUNS.order_by(_runs.at.desc(), _runs.run_id).limit(bindparam("limit"))
ISSUED_RUNS = (
    _ALL_RUNS.add_columns(_runs.inputs)
    .where(_runs.run_id.in_(select(_bills.run_id).union(select(_issues.run_id))))
    .order_by(_runs.at, _runs.run_id)
)

RAISE_COUNTER = (
    "INSERT INTO billing_counters (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE "
    "SET value = billing_counters.value + 1 RETURNING value"
)
"""Answers what it counts then."""

# The meter's counts


def _plain(name: Column[str]) -> ColumnElement[str]:
    """The column without its collation: SQLAlchemy would write the collation into the cast of a compared value,
    where PostgreSQL's grammar does not accept it."""
    return type_coerce(name, Text())


_rollup, _entry = usage_rollups.c, usage_entries.c
_units = func.sum(_rollup.quantity).label("units")
_in_period = (
    _plain(_rollup.kind).in_(bindparam("kinds", expanding=True)),
    _rollup.year.between(bindparam("first_year"), bindparam("last_year")),
    _plain(_rollup.day).between(bindparam("first_day"), bindparam("last_day")),
)

UNITS_BY_PARTY = (
    select(_rollup.party_id, _rollup.kind, _units).where(*_in_period).group_by(_rollup.party_id, _rollup.kind)
)
UNITS_BY_DAY = (
    select(_rollup.day, _units)
    .where(_plain(_rollup.party_id) == bindparam("party_id"), *_in_period)
    .group_by(_rollup.day)
)
_at_positions = (
    _plain(_entry.kind).in_(bindparam("kinds", expanding=True)),
    _entry.at >= bindparam("begin"),
    _entry.at < bindparam("end"),
    _entry.position > bindparam("after"),
    _entry.position <= bindparam("until"),
)
_of_party = _plain(_entry.party_id) == bindparam("party_id")
ENTRIES_OF_PARTY = (
    select(usage_entries).where(_of_party, *_at_positions).order_by(_entry.position).limit(bindparam("limit"))
)
NEWEST_OF_PARTY = ENTRIES_OF_PARTY.order_by(None).order_by(_entry.position.desc())
UNITS_AT_POSITIONS = (
    select(_entry.kind, func.sum(_entry.quantity).label("units"))
    .where(_of_party, *_at_positions)
    .group_by(_entry.kind)
)
ENTRY_AT_POSITIONS = select(_entry.position).where(*_at_positions).limit(1)
NEWEST_POSITION = select(func.max(_entry.position))
