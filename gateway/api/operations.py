"""What an operator does with a message that was parked or returned."""

from typing import Annotated

from msgspec import Meta

from gateway.api.access import OPERATORS
from gateway.api.call import Call
from gateway.api.problem_kinds import StateConflict
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema
from gateway.i18n import Text
from gateway.messages.lifecycle import State
from gateway.messages.message import Message

routes = Routes("operations")


class ReturnRequest(Schema):
    """Why the message goes back to its sender."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Done(Schema):
    """What was asked is done."""

    kenmerk: str
    state: State


@routes.post(
    "/v1/messages/{kenmerk}/replays",
    Text("Offer a parked or returned message again"),
    Returns("It is on its way again.", status=202),
    roles=OPERATORS,
    problems=(StateConflict,),
)
async def replay_message(call: Call, kenmerk: str) -> Done:
    message = await call.message(kenmerk)
    if not await call.services.operations.replay(message.kenmerk, call.caller.key_id):
        raise _not_now(message, Text("parked or returned"))
    return Done(kenmerk=message.kenmerk, state=State.RECEIVED)


@routes.post(
    "/v1/messages/{kenmerk}/returns",
    Text("Return a parked message to its sender"),
    Returns("It is returned."),
    roles=OPERATORS,
    problems=(StateConflict,),
)
async def return_message(call: Call, kenmerk: str, body: ReturnRequest) -> Done:
    message = await call.message(kenmerk)
    if not await call.services.operations.return_to_sender(message.kenmerk, call.caller.key_id, body.reason):
        raise _not_now(message, Text("parked"))
    return Done(kenmerk=message.kenmerk, state=State.RETURNED)


def _not_now(message: Message, wanted: Text) -> StateConflict:
    return StateConflict(
        Text(
            "Message {kenmerk} is {state}; this is for messages that are {wanted}.",
            kenmerk=message.kenmerk,
            state=message.state.value,
            wanted=wanted,
        )
    )
