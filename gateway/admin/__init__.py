"""The work of the commands: parties and keys, stuck messages, the meter, exports and bills.

Each function opens what it needs from the settings, works next to a running server or without one, and closes it.
A module is imported when it is used first: a command waits only for what it needs.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.admin import audit, backup, billing, exports, messages, parties, retention, usage

__all__ = ["audit", "backup", "billing", "exports", "messages", "parties", "retention", "usage"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
