"""Large contents of a message that was not accepted: deleted when that is certain, else kept."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from gateway.channels.digipoort.aanleveren import Aanleveren
from gateway.channels.digipoort.parties import caller_of
from gateway.channels.digipoort.services import WusServices
from gateway.channels.digipoort.wire.cut import ReadingLimits
from gateway.channels.digipoort.wire.elements import Aanlevering, BerichtInhoud
from gateway.channels.digipoort.wire.faults import TroubleError
from gateway.channels.proces import Identiteit
from gateway.http.client_certificate import Identity
from gateway.messages.submission import Content, OverloadedError, Receipt, Submission
from gateway.pki.certificates import fingerprint, oin_of
from tests.unit.channels.digipoort.conftest import wus_gateway
from tests.unit.pki.hierarchies import pair

LARGE = 100_000


@dataclass
class _Large:
    """A large inhoud, of which the last piece may fail."""

    fails: bool = False
    size_bytes: int = LARGE

    def canonical(self) -> Iterator[bytes]:
        raise AssertionError("an inhoud that is stored is read as octets")

    def octets(self) -> Iterator[bytes]:
        yield b"x" * LARGE
        if self.fails:
            raise EOFError("the spool is short")


@dataclass
class _Sink:
    is_forgotten: bool = False

    async def write(self, chunk: bytes) -> None:
        pass

    async def close(self) -> Content:
        return Content(LARGE)

    async def abort(self) -> None:
        self.is_forgotten = True


@dataclass
class _Storage:
    sinks: list[_Sink] = field(default_factory=list)

    def sink(self) -> _Sink:
        self.sinks.append(_Sink())
        return self.sinks[-1]


@dataclass
class _RefusingIntake:
    """Raises instead of accepting."""

    says: BaseException | None = None

    async def submit(self, submission: Submission) -> Receipt:
        raise self.says or AssertionError("not to be reached")


async def _hand_in(reception: _RefusingIntake, expected: type[BaseException], *attachments: _Large) -> list[_Sink]:
    storage = _Storage()
    certificate, _ = pair("leverancier")
    identity = Identity(oin_of(certificate), fingerprint(certificate))
    sent = Aanlevering(
        "E-Factuur-UBL",
        Identiteit("27418562", "KvK"),
        "Bedrijf",
        BerichtInhoud("application/xml", "factuur.xml", _Large()),
        tuple(BerichtInhoud("application/pdf", "a.pdf", one) for one in attachments),
    )
    async with wus_gateway() as gateway:
        ports = SimpleNamespace(intake=reception, storage=storage, directory=gateway.register)
        caller = await caller_of(gateway.register, identity, is_sandbox=False)
        aanleveren = Aanleveren(cast(WusServices, ports), ReadingLimits())
        with pytest.raises(expected):
            await aanleveren.accept_aanlevering(sent, "urn:m", caller)
    return storage.sinks


async def test_contents_are_forgotten_when_the_message_certainly_was_not_stored() -> None:
    sinks = await _hand_in(_RefusingIntake(says=OverloadedError(5)), TroubleError, _Large())
    assert [one.is_forgotten for one in sinks] == [True, True]


async def test_contents_are_forgotten_when_one_of_them_cannot_be_read() -> None:
    sinks = await _hand_in(_RefusingIntake(), EOFError, _Large(), _Large(fails=True))
    assert [one.is_forgotten for one in sinks] == [True, True, True]


@pytest.mark.parametrize("error", [RuntimeError("the commit was not heard of"), asyncio.CancelledError()])
async def test_contents_stay_when_nobody_knows_whether_the_message_was_stored(error: BaseException) -> None:
    """The commit may have come true: then a message without its bytes would be parked."""
    sinks = await _hand_in(_RefusingIntake(says=error), type(error), _Large())
    assert [one.is_forgotten for one in sinks] == [False, False]
