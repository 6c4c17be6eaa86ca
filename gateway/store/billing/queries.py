"""The queries of billing, by name. A parameter has the name of the column that it is compared with."""

from sqlalchemy import bindparam, exists, func, select

from gateway.store.billing.tables import (
    billing_approvals,
    billing_audit,
    billing_counters,
    billing_debtors,
    billing_documents,
    billing_issues,
    billing_runs,
    billing_steps,
)
from gateway.store.ledger.tables import usage_seals
from gateway.store.messages.tables import idempotency

SENDER = "billing"
"""The key id under which bills are submitted to the gateway itself, each with its number as idempotency key."""

_debtors = billing_debtors.c
_steps = billing_steps.c
_runs = billing_runs.c
_approvals = billing_approvals.c
_issues = billing_issues.c
_bills = billing_documents.c
_audit = billing_audit.c

# Debtors

LATEST_DEBTORS = select(_debtors.body).where(
    _debtors.version.in_(select(func.max(_debtors.version)).group_by(_debtors.party_id))
)

# Steps of billing years

STEPS_OF_YEAR = (
    select(billing_steps)
    .where(_steps.service == bindparam("service"), _steps.year == bindparam("year"))
    .order_by(_steps.number)
)
STEPS_OF_PARTY = STEPS_OF_YEAR.where(_steps.party_id == bindparam("party_id"))
SAME_STEP = STEPS_OF_PARTY.where(_steps.kind == bindparam("kind"), _steps.key == bindparam("key"))
AMOUNTS_OF_DOCUMENTS = select(_steps.document, _steps.amount).where(_steps.document != "")

# Issued documents

BILL = select(_bills.body).where(_bills.number == bindparam("number"))
BILL_XML = select(_bills.xml).where(_bills.number == bindparam("number"))
BILLS_OF_YEAR = (
    select(_bills.party_id, _bills.body)
    .where(_bills.service == bindparam("service"), _bills.year == bindparam("year"))
    .order_by(_bills.party_id, _bills.ordinal)
)
BILLS_ISSUED_IN = select(_bills.body).where(_bills.issued_in == bindparam("issued_in")).order_by(_bills.rank)
BILLS_OF_RUN = (
    select(_bills.body).where(_bills.run_id == bindparam("run_id")).order_by(_bills.issued_in, _bills.rank)
)
UNSENT_BILLS = (
    select(_bills.body)
    .where(~exists().where(idempotency.c.submitter_id == SENDER, idempotency.c.idempotency_key == _bills.number))
    .order_by(_bills.issued_in, _bills.rank)
)
DOCUMENTS = select(billing_documents).order_by(_bills.issued_in, _bills.rank)

# Runs

_ALL_RUNS = (
    select(
        _runs.run_id,
        _runs.ordered,
        _runs.digest,
        _runs.by,
        _runs.at,
        _approvals.by.label("approved_by"),
        _approvals.at.label("approved_at"),
        _issues.by.label("issued_by"),
        _issues.at.label("issued_at"),
    )
    .outerjoin_from(billing_runs, billing_approvals, _approvals.run_id == _runs.run_id)
    .outerjoin(billing_issues, _issues.run_id == _runs.run_id)
)
RUN = _ALL_RUNS.where(_runs.run_id == bindparam("run_id"))
NEWEST_RUNS = _ALL_RUNS.order_by(_runs.at.desc(), _runs.run_id).limit(bindparam("limit"))
ISSUED_RUNS = (
    _ALL_RUNS.add_columns(_runs.inputs)
    .where(_runs.run_id.in_(select(_bills.run_id).union(select(_issues.run_id))))
    .order_by(_runs.at, _runs.run_id)
)

# The audit chain

AUDIT_AFTER = select(billing_audit).where(_audit.number > bindparam("number")).order_by(_audit.number)
AUDIT_LINK = select(_audit.link).where(_audit.number == bindparam("number"))
COUNTER = select(billing_counters.c.value).where(billing_counters.c.name == bindparam("name"))
SEALED_DIGESTS = select(usage_seals.c.joined).order_by(usage_seals.c.number)
"""Digests of other journals that the meter sealed along, oldest first."""
