"""Both clients against a running gateway."""

from pathlib import Path

import pytest

from gateway.client import AsyncClient, Client, GatewayUnavailableError, ProblemError
from gateway.client.calls import Retries
from gateway.testing.server import RunningGateway, running_gateway
from tests.flows.conftest import numbered

pytest_plugins = ["gateway.testing.fixtures"]


@pytest.fixture
def keys(meterpoort: RunningGateway) -> tuple[str, str]:
    """Of a supplier and a municipality."""
    supplier = meterpoort.add_party("supplier", "supplier", "KVK:90817263")
    return supplier, meterpoort.add_party("town", "government", "OIN:00000001812345678000")


def test_from_submission_to_confirmation(meterpoort: RunningGateway, keys: tuple[str, str]) -> None:
    with meterpoort.client(keys[0]) as supplier, meterpoort.client(keys[1]) as town:
        documents = {numbered(f"C-{number}") for number in range(3)}
        sent = [supplier.submit(document, wait_seconds=20) for document in documents]
        assert {message.state for message in sent} == {"delivered"}
        assert all(message.report is not None and message.report.valid for message in sent)
        received = []
        for lease in town.mailbox(count=2):
            received.append(town.document(lease.message.kenmerk))
            town.confirm(lease)
        assert set(received) == documents
        assert [message.number for message in supplier.messages(state="confirmed", number="C-1")] == ["C-1"]
        assert supplier.wait_until_settled(sent[0].kenmerk).state == "confirmed"
        assert [one.statuscode for one in supplier.statuses(sent[0].kenmerk)][-2:] == ["400", ""]


async def test_the_same_with_await(meterpoort: RunningGateway, keys: tuple[str, str]) -> None:
    async with meterpoort.async_client(keys[0]) as supplier, meterpoort.async_client(keys[1]) as town:
        message = await supplier.submit(numbered("A-1"), wait_seconds=20)
        again = await supplier.submit(numbered("A-1"), wait_seconds=20)
        assert (message.state, again.state, again.duplicate_of) == ("delivered", "duplicate", message.kenmerk)
        leases = [lease async for lease in town.mailbox(seconds=60)]
        assert [lease.message.kenmerk for lease in leases] == [message.kenmerk]
        assert await town.document(message.kenmerk) == numbered("A-1")
        await town.confirm(leases[0])
        assert [one.state async for one in supplier.messages()] == ["duplicate", "confirmed"]
        assert (await supplier.verdict(again.kenmerk)).findings[0].rule == "MP-DUPLICATE"


def test_a_document_is_validated_without_a_key(meterpoort: RunningGateway) -> None:
    with meterpoort.client() as client:
        verdict = client.validate(numbered("V-1").replace(b"PayableAmount currencyID", b"PayableAmount currency"))
        assert not verdict.valid
        assert verdict.findings[0].line
        with pytest.raises(ProblemError) as raised:
            client.validate(b"<Invoice/>", profile="nothing")
        assert raised.value.kind == "invalid-input"


async def test_a_gateway_that_is_not_there_is_an_error() -> None:
    retries = Retries(attempts_max=2, pause_seconds_max=0.001)
    with Client("http://127.0.0.1:1", retries=retries) as client, pytest.raises(GatewayUnavailableError):
        client.message("k-1")
    async with AsyncClient("http://127.0.0.1:1", retries=retries) as other:
        with pytest.raises(GatewayUnavailableError):
            await other.message("k-1")


def test_an_error_at_the_start_is_raised(tmp_path: Path) -> None:
    with running_gateway(tmp_path), pytest.raises(BlockingIOError), running_gateway(tmp_path):
        pass
