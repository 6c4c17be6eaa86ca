"""What no file says: paths of one machine, numbers of issues, work put off, words of a private language."""

import re
from pathlib import Path

import pytest

from tests.house.english import uses, uses_in
from tests.house.repository import texts

FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/(?:work/|root/|home/\w|tmp/(?:wt|v)/|Users/)",
    "an issue's number": r"(?i)\bissues? #?\d+\b",
    "work put off": r"\b(?:TO" + r"DO|FIX" + r"ME|HA" + r"CK)\b",
    "who made it, and how": r"(?i)\b(?:cla" + r"ude|chat" + r"gpt|anth" + r"ropic|work" + r"tree|sub-?agent)\b",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_says(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    said = [
        f"{path}:{text.count(chr(10), 0, found.start()) + 1}: {found[0]}"
        for path, text in texts().items()
        for found in pattern.finditer(text)
    ]
    assert said == []


def test_names_and_prose_are_plain_english() -> None:
    """No words that only this code base uses: `python -m tests.house.english` lists them."""
    assert [str(use) for use in uses()] == []


def test_a_word_is_found_in_prose_and_in_names() -> None:
    code = (
        "class Desk:\n"
        '    """Stands here."""\n'
        "    def named(self):\n"
        "        '''It stands for one.'''\n"
        "        beside_it = 'Desk, told'  # whoever calls\n"
    )
    found = sorted((use.line, use.word) for use in uses_in(Path("a.py"), code))
    assert [(line, word) for line, word in found if line < 5] == [(1, "Desk"), (2, "Stands"), (3, "named")]
    assert [word for line, word in found if line == 5] == ["Desk", "beside_it", "told", "whoever"]


def test_a_word_is_found_in_texts_and_not_in_markup_or_addresses() -> None:
    code = (
        "a = Text('It lies ready.')\nb = f'at hand: {a}'\nc = '<wish>of its own</wish> '\nd = 'see x://a/desk b'\n"
    )
    found = [(use.line, use.word) for use in uses_in(Path("a.py"), code)]
    assert found == [(1, "lies ready"), (2, "at hand")]


def test_two_words_in_a_row_are_found_in_names_and_in_prose() -> None:
    code = "def giveBack():\n    'for who asks, for whom'\n    was_given_back = give = back = 1\n"
    found = [(use.line, use.word) for use in uses_in(Path("a.py"), code)]
    assert found == [(1, "giveBack"), (2, "for who"), (3, "was_given_back")]


def test_a_function_of_the_gateway_is_no_participle() -> None:
    code = "def sealed():\n    pass\n\n\ndef published():\n    pass\n"
    assert [use.word for use in uses_in(Path("gateway/a.py"), code)] == ["sealed"]


def test_code_in_a_page_is_not_prose() -> None:
    page = "Call `desk.told()`:\n\n```python\ndesk = 1\n```\n\nOf its\nown.\n"
    assert [(use.line, use.word) for use in uses_in(Path("a.md"), page)] == [(7, "Of its own")]
