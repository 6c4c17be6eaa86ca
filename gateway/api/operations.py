"""What an operator does to a message that is stuck."""

from aiohttp import web

from gateway.api.desk import Call
from gateway.api.shapes import Done, ReturnWish
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.i18n import Text
from gateway.messages.lifecycle import State
from gateway.messages.message import Message


async def replay(call: Call) -> web.StreamResponse:
    """Offer a parked or returned message again."""
    message = await call.message()
    if not await call.doors.operations.replay(message.kenmerk, call.caller.key_id):
        raise _not_now(message, "parked or returned", "apart gezet of teruggestuurd")
    return json_answer(Done(kenmerk=message.kenmerk, state=State.RECEIVED), 202)


async def give_back(call: Call) -> web.StreamResponse:
    """Return a parked message to its sender."""
    message = await call.message()
    wish = await call.body(ReturnWish)
    if not await call.doors.operations.give_back(message.kenmerk, call.caller.key_id, wish.reason):
        raise _not_now(message, "parked", "apart gezet")
    return json_answer(Done(kenmerk=message.kenmerk, state=State.RETURNED))


def _not_now(message: Message, en: str, nl: str) -> problems.StateConflict:
    state = message.state.value
    return problems.StateConflict(
        Text(
            f"Message {message.kenmerk} is {state}; this is for messages that are {en}.",
            f"Bericht {message.kenmerk} is {state}; dit is voor berichten die zijn {nl}.",
        )
    )
