"""Judges a document in a worker without storing it."""

from collections.abc import Sequence

from gateway.messages.message import StoredAttachment
from gateway.pipeline.worker import Job
from gateway.pipeline.workers import Workers
from gateway.validator.model.document import DetachedPart
from gateway.validator.report.report import encode_report
from gateway.validator.unpack import Unpacked


class ValidationService:
    """Implements what the API asks for to validate a document."""

    def __init__(self, workers: Workers, small_size_bytes_max: int) -> None:
        self._workers = workers
        self._small_size_bytes_max = small_size_bytes_max

    async def judge(
        self,
        document: bytes,
        *,
        profile: str | None,
        checks_schema: bool,
        detached: Sequence[DetachedPart] = (),
        file: str = "",
    ) -> bytes:
        """Return the report on a file as JSON. Raises JudgingError when judging failed technically."""
        is_small = checks_schema and len(document) <= self._small_size_bytes_max
        judge = self._workers.judge_small if is_small else self._workers.judge_large
        job = Job(
            document,
            detached=tuple([StoredAttachment(one.attachment) for one in detached]),
            profile=profile,
            schema=checks_schema,
            heads=tuple([one.head for one in detached]),
        )
        [verdict] = await judge([job])
        if isinstance(verdict, Exception):
            raise verdict
        return encode_report(verdict, file)

    async def unpack(self, name: str, data: bytes) -> Unpacked:
        """Return the documents in a file. Raises JudgingError when that asks too much."""
        return await self._workers.unpack(name, data)
