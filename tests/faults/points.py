"""The named kill points: functions of the gateway before and after which its process is killed.

A point is `when module:name`, where the module is the one that calls the function. The product has no hooks for
this: the process under test wraps the functions at its start.
"""

import inspect
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from importlib import import_module
from operator import attrgetter
from typing import Any

BEFORE, AFTER = "before", "after"

STEPS = {
    "intake": (
        "gateway.channels.http.submission:HttpIntake.submission",
        "gateway.pipeline.intake:IntakeService.submit",
        "gateway.store.messages.messages:MessageStore.accept",
        "gateway.pipeline.queue:JudgingQueue.offer",
    ),
    "storage": (
        "gateway.store.messages.accept:_keep_idempotency_keys",
        "gateway.store.documents.packs:Packs._begin",
        "gateway.store.documents.packs:Packs._write",
        "gateway.store.messages.accept:write_together",
        "gateway.store.documents.storage:Storage.sync_pack",
        "gateway.store.documents.storage:Storage._sync_folders",
        "gateway.store.documents.storage:Sink._begin_object",
        "gateway.store.documents.storage:Sink.close",
        "gateway.store.documents.storage:Storage._sync",
    ),
    "commit": (
        "gateway.store.writer:Writer._transact",
        "sqlalchemy.engine:RootTransaction.commit",
        "gateway.store.writer:Writer._resolve_group",
    ),
    "validation": (
        "gateway.pipeline.queue:JudgingQueue._verdicts",
        "gateway.pipeline.queue:JudgingQueue._decision_unless_again",
        "gateway.store.messages.commit:Committer.commit_all",
        "gateway.store.messages.commit:write_decisions",
        "gateway.store.messages.commit:_ask",
        "gateway.store.messages.commit:write_together",
        "gateway.store.messages.commit:Committer._notify",
        "gateway.pipeline.queue:JudgingQueue._leave",
    ),
    "delivery": (
        "gateway.store.messages.mailbox:MailboxStore.take",
        "gateway.store.messages.mailbox:_lease",
        "gateway.store.messages.mailbox:MailboxStore.confirm",
        "gateway.store.messages.commit:Committer.commit_from",
    ),
    "push": (
        "gateway.store.messages.outbox:OutboxStore.first",
        "gateway.pipeline.dispatcher:offer",
        "gateway.channels.webhook.delivery:Webhook.deliver",
        "gateway.channels.outbound:Post.send",
        "gateway.pipeline.dispatcher:decide_delivery",
        "gateway.store.messages.commit:Committer.commit",
    ),
    "status and replay": (
        "gateway.store.messages.messages:MessageStore.journal",
        "gateway.store.messages.operations:OperatorActions.replay",
    ),
    "metering": (
        "gateway.store.ledger.entries:SharedAppend.changes",
        "gateway.store.ledger.meter:append",
        "gateway.store.ledger.meter:LedgerMeter.record",
    ),
    "sealing": (
        "gateway.store.ledger.meter:seal_due",
        "gateway.store.ledger.seals:make_seal",
    ),
    "billing": (
        "gateway.store.billing.records:SqlBillingStore.add_run",
        "gateway.store.billing.records:SqlBillingStore.approve",
        "gateway.store.billing.records:SqlBillingStore.issue",
        "gateway.store.billing.records:_add_bill",
        "gateway.store.billing.records:log_event",
        "gateway.jobs.send_bills:send_bills",
    ),
    "drop": (
        "gateway.jobs.drop:Drop._make",
        "gateway.store.documents.storage:Storage.put_stable",
        "gateway.jobs.drop:as_json",
    ),
}
"""What is wrapped, by step of the gateway's work."""

POINTS = tuple([f"{when} {name}" for names in STEPS.values() for name in names for when in (BEFORE, AFTER)])


class KillSwitch:
    """Kills this process by SIGKILL at the nth passing of a point, once it is armed."""

    def __init__(self) -> None:
        self._point = ""
        self._passings = 0

    def arm(self, point: str, passings: int) -> None:
        """Kill at this passing of the point, counted from now."""
        self._passings, self._point = passings, point

    def wrap_all(self, names: Sequence[str]) -> None:
        """Put the switch around every function."""
        for name in names:
            module, _, path = name.partition(":")
            owner_path, _, attribute = path.rpartition(".")
            owner = attrgetter(owner_path)(import_module(module)) if owner_path else import_module(module)
            setattr(owner, attribute, self._wrapped(name, getattr(owner, attribute)))

    def _wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        before, after = f"{BEFORE} {name}", f"{AFTER} {name}"
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: object, **kwargs: object) -> object:
                self._pass(before)
                result = await _awaitable(function, *args, **kwargs)
                self._pass(after)
                return result

            return awaited

        @wraps(function)
        def called(*args: object, **kwargs: object) -> object:
            self._pass(before)
            result = function(*args, **kwargs)
            self._pass(after)
            return result

        return called

    def _pass(self, point: str) -> None:
        if point == self._point:
            self._passings -= 1
            if self._passings <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def kill_at(point: str, passing: int) -> None:
    """Kill this process by SIGKILL when it passes a point for the nth time from now."""
    switch = KillSwitch()
    switch.wrap_all([point.split()[1]])
    switch.arm(point, passing)


def _awaitable(function: Callable[..., Awaitable[object]], *args: object, **kwargs: object) -> Awaitable[object]:
    return function(*args, **kwargs)
