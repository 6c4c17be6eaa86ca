"""The list of channels, and the worked example of "Add a channel"."""

import re
import sys
from pathlib import Path

import pytest
from sqlalchemy import Table

from gateway.channels.channel import ChannelServices
from gateway.channels.registry import CHANNELS, DELIVERY_METHODS, LABELS, MESSAGE_CHANNELS
from gateway.store.tables import metadata
from tests.how_to import ROOT, carried_out, files_of, run

PAGE = "add-a-channel.md"


@pytest.mark.parametrize("values", [[one.name for one in CHANNELS], MESSAGE_CHANNELS, DELIVERY_METHODS])
def test_every_name_is_in_the_list_once(values: list[str]) -> None:
    assert len(set(values)) == len(values)


def test_the_mailbox_is_no_push_method() -> None:
    assert set(LABELS.push_methods) == {"webhook", "afleverservice"}


def test_every_table_is_declared_in_the_store() -> None:
    """The registry imports every channel; who reads the record without one knows all the tables."""
    made_by = re.compile(r"^gateway\.store\..*tables$")
    modules = [module for name, module in sys.modules.items() if made_by.match(name)]
    assert {id(one) for one in metadata.tables.values()} == {
        id(value) for module in modules for value in vars(module).values() if isinstance(value, Table)
    }


IN_A_COPY = """
import time
from pathlib import Path
from gateway.settings import FolderSettings, Settings, WorkersSettings
from gateway.testing.server import running_gateway
from tests.samples import invoice
inside, outside = Path("in"), Path("out")
inside.mkdir()
outside.mkdir()
settings = Settings(workers=WorkersSettings(count=1), folder=FolderSettings(directory=inside, party_id="supplier"))
with running_gateway(Path("var"), settings) as gateway:
    gateway.add_party("supplier", "supplier", "KVK:90817263")
    gateway.add_party("town", "government", "OIN:00000001812345678000")
    with gateway.client(gateway.operator_key) as operator:
        town = operator.request("GET", "/v1/parties/town")
        chosen = {"delivery": "folder", "delivery_url": str(outside)}
        kept = {name: town[name] for name in ("name", "kind", "identifiers")}
        operator.request("PUT", "/v1/parties/town", json={**kept, "settings": chosen})
    (inside / "invoice.xml").write_bytes(invoice(1))
    until = time.monotonic() + 60
    while not (found := list(outside.glob("*.xml"))) and time.monotonic() < until:
        time.sleep(0.05)
    print("delivered:", [path.read_bytes() == invoice(1) for path in found], "left:", list(inside.iterdir()))
"""


def test_a_channel_is_a_folder_and_two_files() -> None:
    assert {file.removeprefix("gateway/") for file in files_of(PAGE)} == {
        "channels/folder/__init__.py",
        "channels/folder/channel.py",
        "channels/registry.py",
        "settings.py",
    }


def test_the_example_of_the_how_to_page_delivers(tmp_path: Path) -> None:
    folder = carried_out(PAGE, tmp_path / "copy")
    assert "delivered: [True] left: []" in run(folder, "-c", IN_A_COPY)
    output = run(
        folder, "-m", "pytest", "tests/house/test_layers.py", "tests/unit/channels/test_registry.py", "-k", "every"
    )
    assert "6 passed" in output, output


def test_the_example_uses_services_that_a_channel_is_given() -> None:
    code = (ROOT / "docs" / "how-to" / PAGE).read_text(encoding="utf-8")
    assert set(re.findall(r"services\.(\w+)", code)) <= set(ChannelServices.__dataclass_fields__)
