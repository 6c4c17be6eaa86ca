"""Random histories of messages with faults end as the model says (F21); `make soak` runs many more."""

import pytest

from tests.faults.histories import run_histories
from tests.postgres import PostgresServer

HISTORIES, STEPS, SEED = 4, 30, 21


def test_histories() -> None:
    run_histories(lambda: "", HISTORIES, STEPS, SEED)


@pytest.mark.postgresql
def test_histories_on_postgresql(postgres_server: PostgresServer) -> None:
    run_histories(postgres_server.database_with_schema, HISTORIES, STEPS, SEED)
