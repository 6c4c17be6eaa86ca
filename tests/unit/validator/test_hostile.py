"""No hostile document passes, and none takes much memory. `python -m tests.unit.validator.hostile` says what
each takes."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.validator.hostile import HOSTILE

ROOT = Path(__file__).parents[3]
EXTRA_MIB_MAX = 100


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="measures memory by Linux's and glibc's own means")
def test_every_hostile_document_is_refused_in_little_memory() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.unit.validator.hostile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    measured = [json.loads(line) for line in run.stdout.splitlines()]
    assert [one["name"] for one in measured] == list(HOSTILE)
    assert [one for one in measured if one["valid"] or not one["rules"]] == []
    assert [one for one in measured if one["extra_mib"] > EXTRA_MIB_MAX] == []
