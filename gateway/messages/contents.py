"""All the contents of a message, read and compared with their SHA-256 before it is given to anybody."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from gateway.messages.message import StoredAttachment
from gateway.messages.ports import CheckedBytes
from gateway.messages.submission import StoredBytes
from gateway.validator.media_types import HEAD_BYTES, document_type
from gateway.validator.model.document import Attachment


@dataclass(frozen=True, slots=True)
class Contents:
    """The document, and the attachments that came with it."""

    document: CheckedBytes
    media_type: str
    """Of the document."""
    attachments: tuple[tuple[Attachment, CheckedBytes], ...]


class ChecksContents(Protocol):
    """Document storage."""

    async def check(self, where: StoredBytes) -> CheckedBytes:
        """Raises DamagedDocumentError and StoreUnavailableError."""


async def check_contents(
    storage: ChecksContents, document: StoredBytes, attachments: Iterable[StoredAttachment]
) -> Contents:
    """The contents. Raises DamagedDocumentError and StoreUnavailableError."""
    checked = [(one.attachment, await storage.check(one.stored)) for one in attachments if one.stored is not None]
    content = await storage.check(document)
    return Contents(content, await media_type_of(content), tuple(checked))


async def media_type_of(document: CheckedBytes) -> str:
    """The media type of a document, by how it begins."""
    return document_type(b"".join([piece async for piece in document.stream(0, HEAD_BYTES)]))
