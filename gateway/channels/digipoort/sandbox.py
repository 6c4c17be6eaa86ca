"""The sandbox: behaves by the aanleverkenmerk as Digipoort's conformance environment does, on a fast clock.

The names of the scenarios are the conformance stub's; what each does beyond its name is ours. The message itself
is a real one all the while, marked as test: its own life is to be seen over HTTP, the scenario over SOAP.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from aiohttp import web

from gateway.channels.digipoort.inspected import inspection_of
from gateway.channels.digipoort.parties import candidates, find_party, role_of
from gateway.channels.digipoort.request import Progress
from gateway.channels.digipoort.wire.elements import StatusResultaat, tijdstempel
from gateway.channels.digipoort.wire.faults import MalformedError, TroubleError
from gateway.channels.inspection import Inspections
from gateway.channels.proces import Identiteit, Proces
from gateway.clock import Clock
from gateway.http.client_certificate import Identity
from gateway.i18n import Text
from gateway.messages.lifecycle import STEPS, Foutcode, Step
from gateway.messages.participants import Party, PartyKind
from gateway.pki.hierarchy import CLIENTS, Subject
from gateway.store.messages.register import RegisterStore
from gateway.validator.model.identifiers import KVK, PartyIdentifier

Sleep = Callable[[float], Awaitable[None]]
KEYS_DIRECTORY = "sandbox-keys"
"""Under the data directory of a sandbox: a file with an API key for each party of the cast."""


class Scenario(StrEnum):
    """What an aanleverkenmerk can ask for; upper and lower case are the same."""

    AANLEVER_FAULT = "AanleverFault"
    """A submission is answered with fault ALS100."""
    HAPPYFLOW = "Happyflow"
    """All goes well, up to 500."""
    STATUS_INFORMATIE_FAULT = "StatusInformatieFault"
    """Asking for statuses is answered with fault STS100."""
    AFLEVERFOUT = "Afleverfout"
    """Delivery fails: 410 with AFS400."""
    FOUT_UITVRAGENDE_PARTIJ = "Foutuitvragendepartij"
    """The recipient refuses: 410 with AFO100."""
    TECHNISCH_PROBLEEM = "TechnischProbleemAfleveren"
    """The recipient is out of reach for a while: 420, then 400."""
    MAXIMAAL_AANTAL = "MaximaalAantalAfleverpogingen"
    """The recipient stays out of reach: 420 again and again, at last with AFS600."""
    ZWAARBELAST_AANLEVEREN = "ZwaarbelastAanleveren"
    """A submission is answered slowly."""
    OVERBELAST_AANLEVEREN = "OverbelastAanleveren"
    """A submission is answered with fault ALS400."""
    ZWAARBELAST_STATUS = "ZwaarbelastStatusInformatie"
    """Asking for statuses is slow."""
    OVERBELAST_STATUS = "OverbelastStatusInformatie"
    """Asking for statuses is answered with fault STS400."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the sandbox's clock runs."""

    status: timedelta = timedelta(milliseconds=200)
    """Between one status and the next; the first three are there at once, as at Digipoort."""
    retry: timedelta = timedelta(seconds=1)
    """Stands for the hours between two attempts to deliver."""
    slow: timedelta = timedelta(seconds=5)
    """How long a service that is heavily loaded takes: below the 30 seconds after which clients give up."""

    @classmethod
    def at_once(cls) -> "Pace":
        """Without pauses: every scenario is over as soon as it began."""
        return cls(timedelta(0), timedelta(0), timedelta(0))


@dataclass(frozen=True, slots=True)
class _Event:
    code: str
    omschrijving: str
    pauses: float = 1.0
    foutcode: Foutcode | None = None
    details: str | None = None
    """A template of the statusdetails: the recipient's own words."""


def _event(step: Step, foutcode: Foutcode | None = None, pauses: float = 1.0) -> _Event:
    return _Event(STEPS[step].statuscode, STEPS[step].statusomschrijving, pauses, foutcode)


_START = (
    _event(Step.INTAKE_STARTED, pauses=0),
    _event(Step.ACCEPTED, pauses=0),
    _event(Step.QUEUED, pauses=0),
    _event(Step.SENDER_AUTHORISED),
    _event(Step.SCHEMA_PASSED),
    _event(Step.RULES_PASSED),
)
_OFFER = _event(Step.DELIVERY_STARTED)
_TROUBLE = _event(Step.DELIVERY_TROUBLE)
_AGAIN = _event(Step.DELIVERY_STARTED, pauses=-1)
_RESPONSE = (files(__package__) / "response.xml").read_text(encoding="utf-8").rstrip()
"""What a recipient answers in Digipoort's conformance environment (wus-js captures)."""
_VALIDATED = _Event("500", "Validatie bij de uitvragende partij gelukt.", details=_RESPONSE)
_HAPPY = (*_START, _OFFER, _event(Step.DELIVERED), _VALIDATED)

OF_AANLEVEREN = (Scenario.AANLEVER_FAULT, Scenario.OVERBELAST_AANLEVEREN, Scenario.ZWAARBELAST_AANLEVEREN)
OF_STATUS = (Scenario.STATUS_INFORMATIE_FAULT, Scenario.OVERBELAST_STATUS, Scenario.ZWAARBELAST_STATUS)
"""What makes an operation fail, fail as overloaded, and slow."""

PLAYS: dict[Scenario, tuple[_Event, ...]] = {
    Scenario.AFLEVERFOUT: (*_START, _OFFER, _event(Step.DELIVERY_FAILED, Foutcode.AFS400)),
    Scenario.FOUT_UITVRAGENDE_PARTIJ: (*_START, _OFFER, _event(Step.DELIVERY_FAILED, Foutcode.AFO100)),
    Scenario.TECHNISCH_PROBLEEM: (*_START, _OFFER, _TROUBLE, _AGAIN, _event(Step.DELIVERED)),
    Scenario.MAXIMAAL_AANTAL: (
        *_START,
        _OFFER,
        *(_TROUBLE, _AGAIN) * 3,
        _event(Step.DELIVERY_TROUBLE, Foutcode.AFS600),
    ),
}
"""The statuses of each scenario in which delivery goes another way. A pause of -1 is the long one between two
attempts to deliver."""


_RIJK = frozenset({"ministerie"})
_MANDATES = {"softwarehuis": frozenset({"leverancier", "leverancier-2"})}


def _kind(identiteit: Identiteit) -> PartyKind:
    """What a party of the sandbox is, by its number: OINs with these prefixes belong to companies."""
    is_company = identiteit.type.upper() == "KVK" or identiteit.nummer.startswith(("00000003", "00000008"))
    return PartyKind.COMPANY if is_company else PartyKind.NON_RIJK


def _cast(subject: Subject) -> Party:
    oin = Identiteit(subject.oin, "OIN")
    kind = PartyKind.RIJK if subject.file in _RIJK else _kind(oin)
    mandates = _MANDATES.get(subject.file, frozenset())
    return Party(subject.file, subject.organisation, kind, candidates(oin)[::-1], mandates, kind_source="sandbox")


CAST = tuple(_cast(subject) for subject in CLIENTS)
"""The parties of a sandbox: those whose certificates `meterpoort ca init` makes, by the names of their files."""


class Sandbox:
    """Plays scenarios."""

    def __init__(
        self,
        directory: RegisterStore,
        clock: Clock,
        pace: Pace | None = None,
        sleep: Sleep = asyncio.sleep,
        inspections: Inspections | None = None,
    ) -> None:
        """`inspections` keeps every request, to be shown to its sender."""
        self._directory = directory
        self._clock = clock
        self._pace = pace or Pace()
        self._sleep = sleep
        self.inspections = inspections

    async def keep(self, request: web.BaseRequest, progress: Progress, status: int) -> None:
        """Keep a request that was answered with this status, for the party whose connection it came by."""
        if self.inspections is None or progress.connection is None:
            return
        await self.welcome(progress.connection)
        party = await find_party(self._directory, Identiteit(progress.connection.oin.value, "OIN"))
        if party is not None:
            number = self.inspections.next_number()
            self.inspections.keep(inspection_of(request, progress, status, number, party.party_id, self._clock()))

    async def play(self, aanleverkenmerk: str | None, scenarios: tuple[Scenario, Scenario, Scenario]) -> None:
        """Be slow or fail, if that was asked. Raises KoppelvlakError."""
        refused, overloaded, slow = scenarios
        scenario = scenario_of(aanleverkenmerk)
        if scenario is refused:
            raise MalformedError(Text("asked for by the aanleverkenmerk"))
        if scenario is overloaded:
            raise TroubleError(Text("the service is busy"))
        if scenario is slow:
            await self._sleep(self._pace.slow.total_seconds())

    def statussen(self, proces: Proces) -> list[tuple[int, StatusResultaat]]:
        """The statuses that the scenario has reached by now; empty when there is no scenario."""
        scenario = scenario_of(proces.aanleverkenmerk)
        at, now = proces.tijdstempel_aangeleverd, self._clock()
        found: list[tuple[int, StatusResultaat]] = []
        for position, event in enumerate(PLAYS.get(scenario, _HAPPY) if scenario else ()):
            at += self._pace.retry if event.pauses < 0 else self._pace.status * event.pauses
            if at > now:
                break
            described = f"Sandbox: {event.foutcode}" if event.foutcode else None
            status = StatusResultaat(
                proces.kenmerk,
                proces.belanghebbende,
                event.code,
                at,
                event.omschrijving,
                event.foutcode,
                described,
                event.details and event.details.format(proces=proces, at=tijdstempel(at)),
            )
            found.append((position, status))
        return found

    async def welcome(self, identity: Identity) -> None:
        """Every certificate of the sandbox can take part: an unknown OIN becomes a party."""
        await self._register(Identiteit(identity.oin.value, "OIN"), (identity.oin,))

    async def welcome_named(self, identiteit: Identiteit | None) -> None:
        """A belanghebbende or recipient that a request names becomes a party, too."""
        if identiteit is not None and identiteit.type.upper() == "KVK" and identiteit.nummer.isdigit():
            await self._register(identiteit, (PartyIdentifier(KVK, identiteit.nummer[:8]),))

    async def _register(self, identiteit: Identiteit, identifiers: tuple[PartyIdentifier, ...]) -> None:
        if await find_party(self._directory, identiteit) is not None:
            return
        party_id, name = f"sandbox-{identiteit.nummer}".lower(), f"Sandbox {identiteit.nummer}"
        party = Party(party_id, name, _kind(identiteit), identifiers, kind_source="sandbox")
        await self._directory.save(party, "sandbox")


def scenario_of(aanleverkenmerk: str | None) -> Scenario | None:
    """The scenario that an aanleverkenmerk names, or None."""
    return _BY_NAME.get((aanleverkenmerk or "").lower())


_BY_NAME = {one.value.lower(): one for one in Scenario}


async def open_sandbox(
    directory: RegisterStore, data_directory: Path, clock: Clock, *, shows_requests: bool = True
) -> Sandbox:
    """A sandbox with its cast registered, and an API key that works for each of them in a file."""
    keys = data_directory / KEYS_DIRECTORY
    keys.mkdir(exist_ok=True)
    for party in CAST:
        if directory.by_id(party.party_id) is None:
            await directory.save(party, "sandbox")
        path = keys / party.party_id
        path.touch(mode=0o600)
        known = path.read_text(encoding="ascii").strip()
        if not known or not await directory.authenticate(known):
            _, key = await directory.new_key(role_of(party), party.party_id, "sandbox", is_test=True)
            path.write_text(f"{key}\n", encoding="ascii")
    return Sandbox(directory, clock, inspections=Inspections(clock) if shows_requests else None)
