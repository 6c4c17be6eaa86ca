"""The tree of problems."""

import re
from http import HTTPStatus

import pytest

from gateway.http.problems import AttachmentsTooLarge, Fault, InvalidInput, Problem, all_kinds
from gateway.i18n import Text


@pytest.mark.parametrize("kind", all_kinds().values(), ids=all_kinds())
def test_a_kind_is_complete(kind: type[Problem]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug)
    assert HTTPStatus(kind.status) >= HTTPStatus.BAD_REQUEST
    for text in (kind.title, kind.meaning, kind.remedy):
        assert text.en
        assert text.nl
        assert text.en != text.nl


def test_titles_tell_the_kinds_apart() -> None:
    assert len({kind.title for kind in all_kinds().values()}) == len(all_kinds())


def test_both_figures_are_named() -> None:
    body = AttachmentsTooLarge(20_971_520, 20_971_521).body("nl", "https://gateway.example")
    assert body["type"] == "https://gateway.example/problems/attachments-too-large"
    assert (body["limitBytes"], body["countedBytes"]) == (20_971_520, 20_971_521)
    assert "20.971.520" in str(body["detail"])
    assert "20.971.521" in str(body["detail"])


def test_faults_become_errors() -> None:
    problem = InvalidInput((Fault("query", "limit", Text("is at most {limit}", limit=500)),))
    body = problem.body("en", "")
    assert body["errors"] == [{"in": "query", "name": "limit", "reason": "is at most 500"}]
    assert problem.body("nl", "")["errors"] == [{"in": "query", "name": "limit", "reason": "is hoogstens 500"}]
    assert body["detail"] == "1 thing in the request must change."


def test_a_problem_speaks_the_language_that_is_asked() -> None:
    problem = InvalidInput(())
    assert isinstance(problem.detail, Text)
    assert problem.body("nl", "")["title"] == InvalidInput.title.nl
