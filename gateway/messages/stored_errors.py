"""What is wrong when stored bytes, or the database, cannot be given or kept."""

from gateway.messages.submission import StoredBytes


class StoreUnavailableError(Exception):
    """Document storage or the database is away, full, read-only or too slow: it will be back.

    Of a submission nothing was stored, or it is not known: a repeat with its Idempotency-Key gets the answer.
    """


class DamagedDocumentError(Exception):
    """Stored bytes are not those that were accepted: no byte of them was given out. An incident."""

    def __init__(self, where: StoredBytes, reason: str = "its bytes are not those that were accepted") -> None:
        super().__init__(reason)
        self.where = where


class MissingDocumentError(DamagedDocumentError):
    """The storage is there and the object is not."""

    def __init__(self, where: StoredBytes) -> None:
        super().__init__(where, "its bytes are not in document storage")
