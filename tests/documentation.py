"""The commands on the pages, carried out as a reader would, in an empty folder next to a running gateway.

All blocks of a page run in one shell, in order. A block that cannot run here has a comment above it:
`<!-- not run: why -->`. A file that a page shows below its name (`events.json`:) is there.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from gateway.api.examples import example_invoice
from gateway.settings import load
from gateway.testing.server import RunningGateway, running_gateway
from tests import fast_cli
from tests.samples import CII_SAMPLES
from tests.samples.cii import cii
from tests.samples.pdf import factur_x

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<why>[^>]+) -->\n+)?(?:^`(?P<file>[\w.-]+)`:\n+)?"
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)

_NEWEST = """
newest() {
  meterpoort bills "$1" --format json | grep -oE '"(run|proposal)_?[iI]d": *"[^"]+"' | head -1 | cut -d'"' -f4
}
"""
"""The id of the run or the proposed tariff that was made last, which a reader copies from what was printed."""


class PageBlock(NamedTuple):
    """A fenced block: its language, its text, the file that it is, and why it is not run."""

    language: str
    text: str
    file: str
    why: str


def blocks_of(page: str) -> list[PageBlock]:
    """The blocks of a page, by its path from the root; none of a page that is generated: what it shows is tested
    where it comes from."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if text.startswith("<!-- Generated"):
        return []
    return [
        PageBlock(found["language"], found["text"], found["file"] or "", found["why"] or "")
        for found in _BLOCK.finditer(text)
    ]


def commands_of(page: str) -> list[str]:
    """The blocks of commands that run."""
    return [block.text for block in blocks_of(page) if block.language == "sh" and not block.why]


def script_of_the_tutorial(port: int, root: Path = ROOT) -> str:
    """The commands of the tutorial as one script. The gateway listens on this port, in the background as in
    a second terminal."""
    serve = "python -m gateway serve --port 8090 --data first > served.txt 2>&1 & SERVER=$!"
    end = "trap 'kill $SERVER; wait' EXIT"
    wait = "for _ in $(seq 300); do grep -q 'is running' served.txt && break; sleep 0.1; done"
    script = "\n".join(commands_of("docs/tutorial/first-invoice.md"))
    script = script.replace("meterpoort serve --port 8090 --data first\n", f"{serve}\n{end}\n{wait}\n")
    script = script.replace(
        "usage show waterkant --year 2026", f"usage show waterkant --year {datetime.now(UTC).year}"
    )
    return script.replace("8090", str(port)).replace("docs/how-to/", f"{root}/docs/how-to/")


class Reader:
    """Carries out pages in one folder with one gateway: what a page sets up is there for its next commands."""

    def __init__(self, folder: Path, gateway: RunningGateway, data: Path) -> None:
        """`data`: the directory of the gateway. `folder`: where the commands run."""
        self.folder, self._gateway = folder, gateway
        self.environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "METERPOORT_DATA_DIRECTORY": str(data),
            "METERPOORT_CONFIG": str(folder / "meterpoort.toml"),
            "GATEWAY": gateway.address,
            "KEY": gateway.operator_key,
            "LANG": "C.UTF-8",
            "CURL_HOME": str(folder),
        }
        year = datetime.now(UTC).year
        self._as_here = {
            "https://meterpoort.example": gateway.address,
            "https://gateway.example": gateway.address,
            "http://127.0.0.1:8080": gateway.address,
            "http://127.0.0.1:8090": gateway.address,
            "sudo -u meterpoort ": "",
            " --config /etc/meterpoort/meterpoort.toml": "",
            "METERPOORT_KEY=…": "METERPOORT_KEY=$BRAM",
            "KEY=…": f"KEY={gateway.operator_key}",
            "019a…": "$KENMERK",
            "4711": "1",
            "4712": "2",
            " RUN": " $(newest runs)",
            " PROPOSAL": " $(newest tariffs)",
            "2027": str(year + 1),
            "2026": str(year),
        }

    def read(self, page: str) -> str:
        """Write the files of a page, run its commands, and return what they print. Fails with the first that
        does."""
        self._give_documents()
        settings = (self.folder / "meterpoort.toml").read_text(encoding="utf-8")
        for block in blocks_of(page):
            if block.file:
                (self.folder / block.file).write_text(self._here(block.text), encoding="utf-8")
        try:
            return self.run("\n".join(commands_of(page)))
        finally:
            (self.folder / "meterpoort.toml").write_text(settings, encoding="utf-8")

    def _give_documents(self) -> None:
        """What commands read, under the names that pages use."""
        (self.folder / "facturen").mkdir(exist_ok=True)
        for name in ("factuur.xml", "invoice.xml", "facturen/factuur.xml"):
            (self.folder / name).write_bytes(example_invoice().encode())
        (self.folder / "factuur.pdf").write_bytes(factur_x(cii(CII_SAMPLES["cii-invoice"])))

    def python(self, page: str) -> str:
        """The Python of a page as one program; what follows a name in capitals is in the environment."""
        blocks = [block.text for block in blocks_of(page) if block.language == "python"]
        program = [self._here(text) for text in blocks if not text.startswith(("# conftest", "def test_"))]
        return "import os\n\nSUPPLIER, TOWN = os.environ['SUPPLIER'], os.environ['TOWN']\n" + "\n".join(program)

    def run(self, commands: str) -> str:
        """What these commands print, standard error included."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{_NEWEST}set -x\n{self._here(commands)}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:]
        return done.stdout

    def _here(self, text: str) -> str:
        for there, here in self._as_here.items():
            text = text.replace(there, here)
        return re.sub(r"^meterpoort serve .*", ":", text, flags=re.MULTILINE)  # it runs already


@contextmanager
def reader(folder: Path, settings: str = "") -> Iterator[Reader]:
    """A reader with a gateway of these settings, its parties and keys: of an operator (KEY), finance (FINANCE_KEY,
    ANNA and BRAM; METERPOORT_KEY is Anna's), and of a supplier and a municipality (SUPPLIER, TOWN). KENMERK is a
    message."""
    here, data = folder / "here", folder / "data"
    (here / "bin").mkdir(parents=True)
    (here / "meterpoort.toml").write_text(settings, encoding="utf-8")
    with fast_command(here / "bin"), running_gateway(data, load(here / "meterpoort.toml", {})) as gateway:
        made = Reader(here, gateway, data)
        keys = {
            "SUPPLIER": gateway.add_party("vandijk", "supplier", "KVK:27418562"),
            "TOWN": gateway.add_party("waterkant", "government", "OIN:00000099000000001000"),
            "FINANCE_KEY": gateway.new_key("finance"),
            "ANNA": gateway.new_key("finance"),
            "BRAM": gateway.new_key("finance"),
        }
        gateway.add_party("zilverstrand", "government", "OIN:00000001812345678000")
        gateway.add_party("oostmeer", "government", "OIN:00000003123456780000")
        (here / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n", encoding="utf-8")
        with gateway.client(keys["SUPPLIER"]) as supplier:
            message = supplier.submit(example_invoice().encode(), wait_seconds=20)
        made.environment |= keys | {"METERPOORT_KEY": keys["ANNA"], "KENMERK": message.kenmerk}
        yield made


@contextmanager
def fast_command(folder: Path) -> Iterator[None]:
    """`meterpoort` in this folder, by a process that has imported everything."""
    (folder / "meterpoort").write_text(fast_cli.script(folder), encoding="utf-8")
    (folder / "meterpoort").chmod(0o755)
    command = [sys.executable, "-m", "tests.fast_cli", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.terminate()
