"""Judges a document in a worker without storing it."""

from gateway.pipeline.queue import Job, JudgingError
from gateway.pipeline.workers import Workers
from gateway.validator.verdict import encode_report


class ValidationService:
    """Implements what the API asks for to validate a document."""

    def __init__(self, workers: Workers, small_size_bytes_max: int) -> None:
        self._workers = workers
        self._small_size_bytes_max = small_size_bytes_max

    async def judge(self, document: bytes, *, profile: str | None, checks_schema: bool) -> bytes:
        """Return the report as JSON. Raises JudgingError when judging failed technically."""
        job = Job(document, profile)
        if checks_schema and len(document) <= self._small_size_bytes_max:
            verdict = (await self._workers.judge_small([job]))[0]
            if isinstance(verdict, JudgingError):
                raise verdict
        else:
            verdict = await self._workers.judge_large(job, schema=checks_schema)
        return encode_report(verdict)
