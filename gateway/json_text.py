"""JSON with indents, for files and answers that people read too."""

import msgspec


def indented_json(content: object, indent: int = 2) -> bytes:
    """Any value that msgspec encodes, as JSON with each item on its own line."""
    return msgspec.json.format(msgspec.json.encode(content), indent=indent)
