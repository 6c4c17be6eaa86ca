"""The list of channels, and the worked example of "Add a channel"."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Table

from gateway.channels.channel import ChannelServices
from gateway.channels.registry import CHANNELS, DELIVERY_METHODS, LABELS, MESSAGE_CHANNELS
from gateway.pipeline.ports import NotDeliveredError
from gateway.store.tables import metadata
from gateway.testing.doubles import START, MemoryOutbox

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "add-a-channel.md"


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


def example() -> ModuleType:
    """The module of the how-to page."""
    code = re.findall(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)[0]
    module = ModuleType("folder")
    exec(compile(code, str(HOW_TO), "exec"), module.__dict__)  # noqa: S102 - our own page
    return module


async def test_the_example_of_the_how_to_page_delivers(tmp_path: Path) -> None:
    outbox = MemoryOutbox(now=START)
    outbox.add("a", "k-1", b"<Invoice/>")
    delivery = example().FolderDelivery()
    await delivery.deliver(str(tmp_path), *await outbox.ready("k-1"))
    assert (tmp_path / "k-1.xml").read_bytes() == b"<Invoice/>"
    with pytest.raises(NotDeliveredError):
        await delivery.deliver(str(tmp_path / "gone"), *await outbox.ready("k-1"))


def test_the_example_uses_services_that_a_channel_is_given() -> None:
    code = HOW_TO.read_text(encoding="utf-8")
    assert set(re.findall(r"services\.(\w+)", code)) <= set(ChannelServices.__dataclass_fields__)
