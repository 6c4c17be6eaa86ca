"""A client of the HTTP API, for programs: sync (`Client`) and async (`AsyncClient`).

    with Client("https://poort.example", key) as client:
        message = client.submit(Path("invoice.xml").read_bytes(), wait_seconds=30)
        for lease in client.mailbox():
            store(client.document(lease.message.kenmerk))
            client.confirm(lease)

Owns: requests, retries, and the answers as values. Does not own: what the answers mean; that is the API's.
Always true: a request is sent again only where the gateway then does nothing twice.
"""

from gateway.client.answers import Finding, Lease, Message, Status, Verdict
from gateway.client.calls import Attachment
from gateway.client.client import AsyncClient, Client
from gateway.client.errors import ClientError, GatewayUnavailableError, NotSettledError, ProblemError
from gateway.client.webhook import Event, WebhookVerifier

__all__ = [
    "AsyncClient",
    "Attachment",
    "Client",
    "ClientError",
    "Event",
    "Finding",
    "GatewayUnavailableError",
    "Lease",
    "Message",
    "NotSettledError",
    "ProblemError",
    "Status",
    "Verdict",
    "WebhookVerifier",
]
