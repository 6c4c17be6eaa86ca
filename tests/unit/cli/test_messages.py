"""Messages on the command line: found by what a supplier says, and shown with their steps and verdict."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.main import open_gateway
from gateway.messages.participants import Caller, Party, PartyKind, Role
from gateway.messages.submission import Content, Submission
from gateway.settings import Settings
from tests.flows.conftest import SUPPLIER, TOWN
from tests.samples import invoice


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gateway that received one valid and one broken invoice."""
    folder = tmp_path_factory.mktemp("data")

    async def receive() -> None:
        async with open_gateway(Settings(data_directory=folder)) as gateway:
            await gateway.register.save(Party("supplier", "Leverancier", PartyKind.COMPANY, (SUPPLIER,)), "test")
            await gateway.register.save(Party("town", "Gemeente", PartyKind.NON_RIJK, (TOWN,)), "test")
            for document in (invoice(1), b"<Invoice"):
                caller = Caller("key", Role.SUPPLIER, "supplier")
                receipt = await gateway.intake.submit(
                    Submission(caller, "http", Content(len(document), document), ())
                )
                assert await gateway.intake.wait_until_settled(receipt.kenmerk, 20)

    asyncio.run(receive())
    return folder


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["messages", *words, "--data", str(data)])


def test_the_list_has_a_header_and_the_newest_first(data: Path) -> None:
    header, newest, oldest = run(data, "list").stdout.splitlines()
    assert header.split()[:2] == ["received", "(UTC)"]
    assert "refused" in newest
    assert "delivered" in oldest
    assert "Gemeente" in oldest
    assert run(data, "list", "--state", "refused").stdout.count("\n") == 2


@pytest.mark.parametrize("words", [["0417"], ["leverancier", "2026-11-02"], ["6,35"], ["02-11-2026"]])
def test_it_is_found_by_what_a_supplier_says(data: Path, words: list[str]) -> None:
    found = json.loads(run(data, "find", *words, "--format", "json").stdout)
    assert [one["number"] for one in found] == ["2026-0417"]


def test_where_nothing_is_found_names_that_are_like_it_are_shown(data: Path) -> None:
    result = run(data, "find", "leveransier")
    assert result.stdout == ""
    assert "Did you mean Leverancier?" in result.stderr


def test_one_message_is_shown_with_its_steps_and_its_verdict(data: Path) -> None:
    [refused] = json.loads(run(data, "list", "--state", "refused", "--format", "json").stdout)
    shown = run(data, "show", refused["kenmerk"]).stdout
    assert refused["kenmerk"] in shown
    assert "MP-XML" in shown
    content = json.loads(run(data, "show", refused["kenmerk"], "--format", "json").stdout)
    assert [one["statuscode"] for one in content["statuses"]][:3] == ["105", "100", "110"]
    assert run(data, "show", "none").exit_code == 1
