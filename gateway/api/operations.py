"""What an operator does with a message that was parked or returned."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta

from gateway.api.access import OPERATORS
from gateway.api.call import Call
from gateway.api.problem_kinds import StateConflict
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema
from gateway.http.answers import json_answer
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
    Returns("It is on its way again.", Done, status=202),
    roles=OPERATORS,
    problems=(StateConflict,),
)
async def replay_message(call: Call) -> web.StreamResponse:
    """Offer a parked or returned message again."""
    message = await call.message()
    if not await call.services.operations.replay(message.kenmerk, call.caller.key_id):
        raise _not_now(message, Text("parked or returned"))
    return json_answer(Done(kenmerk=message.kenmerk, state=State.RECEIVED), 202)


@routes.post(
    "/v1/messages/{kenmerk}/returns",
    Text("Return a parked message to its sender"),
    Returns("It is returned.", Done),
    body=ReturnRequest,
    roles=OPERATORS,
    problems=(StateConflict,),
)
async def return_message(call: Call) -> web.StreamResponse:
    """Return a parked message to its sender."""
    message = await call.message()
    wanted = await call.body(ReturnRequest)
    if not await call.services.operations.return_to_sender(message.kenmerk, call.caller.key_id, wanted.reason):
        raise _not_now(message, Text("parked"))
    return json_answer(Done(kenmerk=message.kenmerk, state=State.RETURNED))


def _not_now(message: Message, wanted: Text) -> StateConflict:
    return StateConflict(
        Text(
            "Message {kenmerk} is {state}; this is for messages that are {wanted}.",
            kenmerk=message.kenmerk,
            state=message.state.value,
            wanted=wanted,
        )
    )
