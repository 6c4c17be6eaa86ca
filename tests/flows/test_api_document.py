"""The OpenAPI document in other programs: the linter of the NL GOV API Design Rules, and generators of clients in
Python and TypeScript. `make system` installs what needs Node. The linter's rules are not ours to spread:
METERPOORT_API_RULESET=<media/linter.yaml of Logius-standaarden/API-Design-Rules>.
"""

import asyncio
import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gateway.api.openapi import openapi_document
from gateway.portal.pages import ROUTES
from gateway.settings import HttpSettings, Settings
from tests.flows.conftest import House, numbered, opened_house

NPM = Path(__file__).parents[2] / "var" / "npm" / "node_modules" / ".bin"
RULESET = os.environ.get("METERPOORT_API_RULESET", "")
needs_ruleset = pytest.mark.skipif(
    not RULESET,
    reason="name the linter of the NL GOV API Design Rules (media/linter.yaml) in METERPOORT_API_RULESET",
)
OPERATIONS = {route.name for route in ROUTES if route.path.startswith("/v1/")}


def made_by(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not (NPM / program).exists(), reason=f"npm's {program} is not installed")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The document as a file."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(openapi_document(ROUTES, "https://poort.example")), encoding="utf-8")
    return path


def run(*command: str | Path) -> str:
    """What the command prints; it must succeed."""
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def linted(file: Path) -> set[str]:
    """The rules that the linter finds violated."""
    command = [str(NPM / "spectral"), "lint", "--quiet", "-f", "json", "-r", RULESET, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return {one["code"] for one in json.loads(done.stdout)}


@made_by("spectral")
@needs_ruleset
def test_the_linter_of_the_design_rules_finds_nothing(file: Path) -> None:
    assert linted(file) == set()


@made_by("spectral")
@needs_ruleset
def test_the_linter_finds_what_is_wrong(file: Path) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    del document["info"]["contact"]["email"]
    document["servers"] = [{"url": "https://poort.example"}]
    file.write_text(json.dumps(document), encoding="utf-8")
    assert linted(file) == {"nlgov:info-contact-fields-exist", "nlgov:include-major-version-in-uri"}


@made_by("openapi-typescript")
def test_openapi_typescript_types_every_operation(file: Path) -> None:
    types = run(NPM / "openapi-typescript", file)
    assert {name for name in OPERATIONS if f"    {name}: {{" not in types} == set()


@made_by("openapi-ts")
def test_openapi_ts_generates_every_operation(file: Path, tmp_path: Path) -> None:
    run(NPM / "openapi-ts", "-i", file, "-o", tmp_path / "client")
    functions = (tmp_path / "client" / "sdk.gen.ts").read_text(encoding="utf-8")
    assert {name for name in OPERATIONS if f"export const {name} = " not in functions} == set()
    types = (tmp_path / "client" / "types.gen.ts").read_text(encoding="utf-8")
    assert "body: unknown" not in types  # XML too has a type


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway on SQLite: clients do not see the store."""
    async with opened_house(Settings(data_directory=tmp_path, http=HttpSettings(port=0))) as made:
        yield made


@pytest.fixture
def client(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The client that openapi-python-client makes of this gateway's document."""
    document = openapi_document(ROUTES, house.address)
    (tmp_path / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "generator.yml").write_text("post_hooks: []\n", encoding="utf-8")
    options = ("--path", tmp_path / "openapi.json", "--config", tmp_path / "generator.yml", "--meta", "none")
    target = tmp_path / "generated" / "poort"
    target.parent.mkdir()
    printed = run(sys.executable, "-m", "openapi_python_client", "generate", *options, "--output-path", target)
    assert "will not be generated" not in printed
    assert "omitted" not in printed
    monkeypatch.syspath_prepend(target.parent)
    yield importlib.import_module("poort")
    for name in [name for name in sys.modules if name.partition(".")[0] == "poort"]:
        del sys.modules[name]


async def test_a_generated_client_submits_and_reads(house: House, client: ModuleType, tmp_path: Path) -> None:
    modules = {path.stem for path in (tmp_path / "generated" / "poort" / "api").rglob("*.py")}
    assert {name for name in OPERATIONS if snake_case(name) not in modules} == set()

    file: Any = importlib.import_module("poort.types").File
    form: Any = importlib.import_module("poort.models").SubmitMessageFilesSubmittedForm
    invoice = numbered("CLIENT-1")
    body = form(
        document=file(io.BytesIO(invoice), "invoice.xml"), attachment=[file(io.BytesIO(b"%PDF-1.7"), "a.pdf")]
    )
    with client.AuthenticatedClient(f"{house.address}/v1", token=house.keys["supplier"]) as caller:
        message = await call("messages.submit_message", caller, body=body, prefer="wait=60")
        assert (message.state, message.number, message.report.valid) == ("delivered", "CLIENT-1", True)
        assert message.issue_date.isoformat() == "2026-11-02"

        document = await call("messages.show_document", caller, message.kenmerk)
        assert document.payload.read() == invoice
        verdict = await call("validations.validate_document", caller, body=file(io.BytesIO(b"<Invoice/>")))
        assert not verdict.valid
        nothing = await call("messages.show_message", caller, "no-such-message")
        assert (nothing.status, type(nothing).__name__) == (404, "Problem")


async def call(operation: str, caller: object, *values: object, **named: object) -> Any:
    """The parsed answer of an operation of the generated client."""
    function = importlib.import_module(f"poort.api.{operation}").sync
    return await asyncio.to_thread(lambda: function(*values, client=caller, **named))


def snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
