"""The stores of messages, for the tests of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.store.messages.message_database import MessageDatabase, message_database


@pytest.fixture
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[MessageDatabase]:
    async with message_database(database_url, tmp_path) as made:
        yield made
