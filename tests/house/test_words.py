"""What no file of the repository says: paths of one machine, numbers of issues, work put off."""

import re

import pytest

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
