"""What a call of the client can raise."""

from typing import Any

import httpx
import msgspec


class ClientError(Exception):
    """Any failure of a call."""


class GatewayUnavailableError(ClientError):
    """The gateway did not answer, or could not at the moment, as often as it was tried."""


class NotSettledError(ClientError):
    """The message was not settled in time. It is safe with the gateway: ask again with its `kenmerk`."""

    def __init__(self, kenmerk: str) -> None:
        super().__init__(f"message {kenmerk} is not settled yet")
        self.kenmerk = kenmerk


class ProblemError(ClientError):
    """The gateway refused the request, with a problem (RFC 9457)."""

    def __init__(self, status: int, members: dict[str, Any]) -> None:
        self.status = status
        """The HTTP status."""
        self.members = members
        """All members of the problem; those that belong to its kind are in the reference."""
        self.kind = str(members.get("type", "")).rpartition("/")[2]
        """The kind of problem, as `invalid-input`; empty for an answer that is not the gateway's."""
        self.errors: list[dict[str, str]] = members.get("errors", [])
        """What is wrong with the input: `in`, `name` and `reason` of each."""
        reasons = "".join(f"; {one['name']} {one['reason']}" for one in self.errors)
        super().__init__(f"{status} {members.get('title', '')}: {members.get('detail', '')}{reasons}")

    @classmethod
    def of(cls, answer: httpx.Response) -> "ProblemError":
        """The error that an answer describes."""
        try:
            members = msgspec.json.decode(answer.content, type=dict[str, Any])
        except msgspec.MsgspecError:  # of a proxy in between
            members = {"title": answer.reason_phrase, "detail": str(answer.request.url)}
        return cls(answer.status_code, members)
