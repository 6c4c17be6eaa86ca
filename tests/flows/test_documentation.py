"""What the pages say can be done: their commands are carried out, and end well."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation import ROOT, Reader, blocks_of, commands_of, fast_command, reader, script_of_the_tutorial
from tests.house.repository import pages
from tests.unit.pki.hierarchies import hierarchy

TUTORIAL = "docs/tutorial/first-invoice.md"
EXAMPLES = {
    "docs/how-to/add-a-channel.md",
    "docs/how-to/add-a-document-kind.md",
    "docs/how-to/add-a-rule-set.md",
    "docs/how-to/add-an-api-resource.md",
}
"""Pages whose examples are carried out in a copy of the tree, by the tests of what they are about."""
IN_ORDER = sorted(str(page) for page in pages() if str(page) != TUTORIAL and commands_of(str(page)))
SETTINGS = "\n".join(
    block.text
    for page in ("docs/how-to/run-the-billing-year.md", "docs/how-to/drop-for-finance.md")
    for block in blocks_of(page)
    if re.match(r"\[(billing|drop)\]", block.text)
)
"""As the pages give them."""


def test_what_the_pages_say_can_be_done(tmp_path: Path) -> None:
    """One reader carries out all pages: to start a gateway for each takes longer than its commands."""
    with reader(tmp_path, SETTINGS.replace("/srv/finance", str(tmp_path))) as here:
        failed = {page: output for page in IN_ORDER if (output := _failure(here, page))}
        assert failed == {}
        _use_the_python_client(here)
        for commands in ("meterpoort parties show nobody", "curl $GATEWAY/v1/nothing", "cat no-such-file | wc -l"):
            with pytest.raises(AssertionError):
                here.run(commands)


def _failure(here: Reader, page: str) -> str:
    """What a page printed before a command of it failed; empty when none did."""
    try:
        here.read(page)
    except AssertionError as error:
        return str(error)
    return ""


def _use_the_python_client(here: Reader) -> None:
    code = here.python("docs/how-to/use-the-python-client.md")
    (here.folder / "gateway.pem").write_bytes((hierarchy() / "server.pem").read_bytes())
    check = "import asyncio\nasyncio.run(empty())\nassert receive({}, b'') == 401\n"
    (here.folder / "client.py").write_text(code + check, encoding="utf-8")
    printed = here.run("python client.py")
    assert re.search(r"[0-9a-f-]{36} (delivered|duplicate)", printed)


def test_the_tutorial_ends_as_it_says(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    with fast_command(tmp_path / "bin"):
        path = f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script_of_the_tutorial(free_port())],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    for block in blocks_of(TUTORIAL):
        if block.language == "text" and "is running" not in block.text:
            assert _start(block.text) in re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", done.stdout), block.text
    assert '"state":"confirmed"' in done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(text: str) -> str:
    """What is printed wherever and whenever it is done: the first line, up to what differs."""
    line = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", text.strip().splitlines()[0])
    return re.split(r'…"|"at"|,…|20\d\d-\d\d ', line)[0]


def test_what_is_not_run_has_a_reason() -> None:
    """Each block of commands runs, or says above it why not."""
    blocks = [(page, block) for page in map(str, pages()) for block in blocks_of(page) if block.language == "sh"]
    assert len([block for _, block in blocks if not block.why]) > 40
    assert all(len(block.why) > 5 for _, block in blocks if block.why)
    assert {page for page in map(str, pages()) if commands_of(page)} == {*IN_ORDER, TUTORIAL}
    assert not {*IN_ORDER} & EXAMPLES


def test_files_that_pages_show_and_name_exist() -> None:
    """A path in the text of a page is a file of the repository."""
    for page, text in pages().items():
        for path in re.findall(r"`((?:docs|deploy|gateway|tests|schemas)/[\w./-]+\.\w+)`", text):
            named = [ROOT / path, ROOT / "gateway" / "billing" / path]
            if str(page) not in EXAMPLES and "*" not in path:
                assert any(one.exists() for one in named), f"{page}: {path}"
