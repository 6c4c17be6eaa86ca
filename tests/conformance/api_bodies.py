"""Bodies that schemathesis cannot write by itself: it is given this module as its hooks."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/pdf", "multipart/mixed", "multipart/related")
def as_bytes(_context: Any, value: Any) -> bytes:
    """Text as it is. Parts follow each other without a boundary, which is one more odd request."""
    parts = value if isinstance(value, list) else [value]
    return b"".join(one if isinstance(one, bytes) else str(one).encode() for one in parts)
