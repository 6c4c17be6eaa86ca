"""Judges a document in a worker without storing it."""

from gateway.pipeline.worker import Job
from gateway.pipeline.workers import Workers
from gateway.validator.verdict import encode_report


class ValidationService:
    """Implements what the API asks for to validate a document."""

    def __init__(self, workers: Workers, small_size_bytes_max: int) -> None:
        self._workers = workers
        self._small_size_bytes_max = small_size_bytes_max

    async def judge(self, document: bytes, *, profile: str | None, checks_schema: bool) -> bytes:
        """Return the report as JSON. Raises JudgingError when judging failed technically."""
        is_small = checks_schema and len(document) <= self._small_size_bytes_max
        judge = self._workers.judge_small if is_small else self._workers.judge_large
        [verdict] = await judge([Job(document, profile=profile, schema=checks_schema)])
        if isinstance(verdict, Exception):
            raise verdict
        return encode_report(verdict)
