"""Workers judge by the limits they were given, in the thread and in the process alike."""

import pytest

from gateway.messages.desk import Case, JudgingError
from gateway.syntax.xml import DEFAULT_LIMITS, Limits
from gateway.validation.workers import Workers

MEMORY_SIZE_BYTES_MAX = 1 << 30


def workers(limits: Limits) -> Workers:
    return Workers(1, MEMORY_SIZE_BYTES_MAX, 60, 100, lambda _why: None, limits)


@pytest.mark.parametrize(
    ("limits", "expected"), [(DEFAULT_LIMITS, "MP-ID-ROOT"), (Limits(depth_max=1), "MP-XML-DEPTH")], ids=str
)
async def test_a_limit_holds_for_small_and_large_documents(limits: Limits, expected: str) -> None:
    judging = workers(limits)
    case = Case(b"<a><b/></a>")
    (small,) = await judging.judge_small([case])
    large = await judging.judge_large(case)
    await judging.close()
    assert not isinstance(small, JudgingError)
    assert [finding.rule for finding in small.findings] == [expected]
    assert [finding.rule for finding in large.findings] == [expected]
