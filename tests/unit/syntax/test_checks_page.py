"""Every check of our own is on its page, and nothing else."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
ID = re.compile(r"\bMP-(?:XML|ID|ATT|XSD|RULES?)-[A-Z0-9-]*[A-Z0-9]")


def test_the_page_lists_each_check_of_the_code() -> None:
    rooms = ("gateway/syntax", "gateway/validation", "gateway/messages")
    code = {one for room in rooms for file in (ROOT / room).glob("*.py") for one in ID.findall(file.read_text())}
    page = set(ID.findall((ROOT / "docs/reference/checks.md").read_text()))
    assert page == code
