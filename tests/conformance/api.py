"""Odd requests by the OpenAPI document: schemathesis asks a running gateway what the document allows, and what
it does not. No answer may be a 5xx, or one that the document does not declare.

`python -m tests.conformance.api`, a part of `make conformance`; `EXAMPLES=50` asks more of each operation.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway import log
from gateway.api.examples import example_invoice
from gateway.testing.server import RunningGateway, running_gateway

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def main() -> int:
    """Ask as each role; the first exit status that is not 0."""
    log.configure("error", as_json=False)
    with TemporaryDirectory() as folder, running_gateway(Path(folder)) as gateway:
        keys = _keys(gateway)
        with gateway.client(keys["supplier"]) as supplier:
            assert supplier.submit(example_invoice().encode(), wait_seconds=20).state == "delivered"
        return max(_ask(gateway, role, key) for role, key in keys.items())


def _keys(gateway: RunningGateway) -> dict[str, str]:
    """A key of each role."""
    return {
        "supplier": gateway.add_party("vandijk", "supplier", "KVK:27418562"),
        "government": gateway.add_party("waterkant", "government", "OIN:00000099000000001000"),
        "finance": gateway.new_key("finance"),
        "operator": gateway.operator_key,
    }


def _ask(gateway: RunningGateway, role: str, key: str) -> int:
    sys.stdout.write(f"\nAs {role}\n")
    sys.stdout.flush()
    options = {
        "--header": f"Authorization: Bearer {key}",
        "--checks": ",".join(CHECKS),
        "--phases": "examples,coverage,fuzzing",
        "--max-examples": os.environ.get("EXAMPLES", "5"),
        "--request-timeout": "30",
        "--warnings": "off",
    }
    given = [word for pair in options.items() for word in pair]
    program = Path(sys.executable).with_name("schemathesis")
    command = [str(program), "run", f"{gateway.address}/v1/openapi.json", *given]
    return subprocess.run(
        [*command, "--generation-deterministic", "--continue-on-failure"],
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.conformance.api_bodies"},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
