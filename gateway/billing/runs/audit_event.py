"""What was done in billing, and by whom."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An action: `action` in the past tense, `subject` what it was done to, `digest` the SHA-256 of its result."""

    actor: str
    action: str
    subject: str
    at: datetime
    detail: str = ""
    digest: str = ""
