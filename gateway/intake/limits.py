"""How much a channel in takes, and how long it waits: each limit with its reason."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    attachments_bytes_max: int = 20 * MIB
    """All attachments of a message together, decoded. Digipoort's 20 MB, read as its XSD does: 20,971,520."""
    document_bytes_max: int = 40 * MIB
    """The XML itself: 20 MiB of attachments is 27.4 MiB in base64 with line ends, the rest is for lines."""
    attachments_count_max: int = 99
    """Basisfactuur Rijk allows nine; other documents name no number. Bounds the open sinks of one request."""
    multipart_overhead_bytes_max: int = MIB
    """Boundaries and part headers of one multipart body."""
    part_header_count_max: int = 16
    part_header_bytes_max: int = 4096
    in_memory_bytes_max: int = 256 * 1024
    """A document up to this size is read in one go and handed on in memory; a larger one streams to storage."""
    body_seconds_base: float = 30.0
    """How long a body may take, before the allowance for its size."""
    body_bytes_per_second_min: int = 32 * 1024
    """A sender slower than this over the whole body is cut off: it would hold a connection for nothing."""
    filename_characters_max: int = 255

    @property
    def multipart_bytes_max(self) -> int:
        """No multipart body within the limits is larger: document and attachments, base64 with line ends."""
        in_base64 = self.attachments_bytes_max * 4 * 78 // (3 * 76)
        return self.document_bytes_max * 4 // 3 + in_base64 + self.multipart_overhead_bytes_max

    def body_seconds(self, size_bytes: int) -> float:
        """How long a body of this size may take to arrive."""
        return self.body_seconds_base + size_bytes / self.body_bytes_per_second_min
