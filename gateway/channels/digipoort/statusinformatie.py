"""The five status operations.

"Nieuwe" statuses are those not handed out to this OIN before; a status counts as handed out once it was asked for,
as at Digipoort, so a caller that lost an answer asks for all statuses of the proces.
"""

from gateway.channels.digipoort.parties import WusCaller, belanghebbende_of
from gateway.channels.digipoort.processen import PROCESSEN_MAX, Processen, within
from gateway.channels.digipoort.sandbox import OF_STATUS, Sandbox
from gateway.channels.digipoort.services import WusServices
from gateway.channels.digipoort.wire.elements import (
    StatusResultaat,
    Vraag,
    berichtsoorten_response,
    processen_response,
    statussen_response,
)
from gateway.channels.digipoort.wire.faults import MalformedError
from gateway.channels.proces import HandOut, Proces, Scope
from gateway.i18n import Text

STATUSES_MAX = 1_000
"""Statuses in one answer; a caller asks for the rest afterwards."""
Found = list[tuple[int, StatusResultaat]]


class Statusinformatie:
    """The operations of the statusinformatieservice; each answers the body of its response."""

    def __init__(
        self,
        services: WusServices,
        processen: Processen,
        sandbox: Sandbox | None = None,
        *,
        lone_status_with_last: bool = False,
    ) -> None:
        self._services = services
        self._lone_status_with_last = lone_status_with_last
        self._processen = processen
        self._sandbox = sandbox

    async def answer(self, operation: str, vraag: Vraag, caller: WusCaller) -> str:
        """What an operation answers: `…Proces` is about one proces, the others about those of a belanghebbende for
        one berichtsoort; `getNieuwe…` gives the statuses that this OIN did not get before."""
        if operation.endswith("Proces"):
            found = await self._statussen_of(vraag, caller)
        else:
            await self._require_belanghebbende(vraag, caller)
            scope, records = await self._processen.scope(vraag, caller), self._services.records
            if operation == "getBerichtsoorten":
                return berichtsoorten_response(await records.berichtsoorten(scope))
            if operation == "getProcessen":
                known = await records.find(scope, PROCESSEN_MAX)
                return processen_response([await self._processen.complete(*one) for one in known])
            found = await self._news(scope, vraag, caller)
        if operation.startswith("getNieuwe"):
            return statussen_response(operation, self._readable(await self._hand_out(caller, found), found))
        return statussen_response(operation, [status for _, status in found])

    async def _statussen_of(self, vraag: Vraag, caller: WusCaller) -> Found:
        message, proces = await self._processen.one(vraag.kenmerk, caller)
        if self._sandbox:
            await self._sandbox.play(message.aanleverkenmerk, OF_STATUS)
        return await self._statussen(proces, vraag)

    async def _news(self, scope: Scope, vraag: Vraag, caller: WusCaller) -> Found:
        """The statuses of every proces in scope that has a new one, oldest first."""
        found: Found = []
        for one in await self._services.records.find_news(scope, caller.oin, PROCESSEN_MAX):
            found += await self._statussen(await self._processen.complete(*one), vraag)
        return sorted(found, key=lambda one: (one[1].tijdstempel, one[0]))

    async def _statussen(self, proces: Proces, vraag: Vraag) -> Found:
        played = self._sandbox and self._sandbox.statussen(proces)
        found = played or await self._processen.statussen(proces)
        return [one for one in found if within(one[1].tijdstempel, vraag)][:STATUSES_MAX]

    async def _hand_out(self, caller: WusCaller, found: Found) -> list[StatusResultaat]:
        marks = [HandOut(status.kenmerk, position) for position, status in found[:STATUSES_MAX]]
        new = await self._services.records.hand_out(caller.oin, marks)
        return [status for position, status in found if HandOut(status.kenmerk, position) in new]

    def _readable(self, new: list[StatusResultaat], found: Found) -> list[StatusResultaat]:
        """The new statuses; where that is only one and clients cannot read that, the one before it as well."""
        if len(new) != 1 or not self._lone_status_with_last:
            return new
        of_proces = [status for _, status in found if status.kenmerk == new[0].kenmerk]
        at = of_proces.index(new[0])
        return of_proces[max(0, at - 1) : at + 1]

    async def _require_belanghebbende(self, vraag: Vraag, caller: WusCaller) -> None:
        if vraag.belanghebbende is None:
            raise MalformedError(Text("identiteitBelanghebbende is missing"))
        await belanghebbende_of(self._services.directory, caller, vraag.belanghebbende)
