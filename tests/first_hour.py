"""The first hour, measured: from a clone to the first own invoice delivered, by the commands of the tutorial.

`python -m tests.first_hour` clones this repository into a temporary folder, installs it as the tutorial says, and
runs the other commands in one script. It prints the seconds of each part; docs/reference/figures.md has them.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.documentation import ROOT, script_of_the_tutorial

PORT = 8090


def main() -> None:
    """Do it, and print how long each part took."""
    with TemporaryDirectory() as folder:
        clone = Path(folder) / "meterpoort"
        tutorial = script_of_the_tutorial(PORT, clone)
        parts: dict[str, Callable[[], str]] = {
            "clone": lambda: _run(["git", "clone", "--quiet", str(ROOT), str(clone)], Path(folder)),
            "make setup": lambda: _run(["make", "setup"], clone),
            "the tutorial": lambda: _run(["bash", "-euo", "pipefail", "-c", tutorial], clone),
        }
        total = 0.0
        for name, part in parts.items():
            began = time.monotonic()
            printed = part()
            seconds = time.monotonic() - began
            total += seconds
            sys.stdout.write(f"{name:12} {seconds:6.1f} s\n")
            sys.stdout.flush()
        delivered = sorted(set(re.findall(r'"state":"delivered".*?"number":"([^"]+)"', printed)))
        sys.stdout.write(f"{'together':12} {total:6.1f} s; delivered: {', '.join(delivered)}\n")


def _run(command: list[str], folder: Path) -> str:
    """What a command prints. Raises CalledProcessError."""
    path = f"{folder / '.venv' / 'bin'}:{os.environ['PATH']}"
    without = {"PYTHONPATH", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name not in without} | {"PATH": path}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        done.check_returncode()
    return done.stdout


if __name__ == "__main__":
    main()
