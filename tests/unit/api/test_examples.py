"""The examples of the OpenAPI document are what the API takes and returns."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import pyxaf

from gateway.api.examples import example_invoice, example_values
from gateway.api.usage import _ENTRY_COLUMNS, _USAGE_COLUMNS
from gateway.billing.documents.tables import BILL_LINES, BILLS, POSTINGS
from gateway.billing.payments.bank_files import read_bank_file
from gateway.metering.events import read_events
from gateway.metering.export import ENTRIES, STATEMENTS
from gateway.validator.judge import judge
from tests.unit.api.openapi_watch import DOCUMENT

OPERATIONS = {
    operation["operationId"]: operation for methods in DOCUMENT["paths"].values() for operation in methods.values()
}


def bodies(operation: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each body of a request or an answer: where it is, its media type, and how it is described."""
    described = OPERATIONS[operation]
    for where, one in (("request", described.get("requestBody", {})), *described["responses"].items()):
        for media_type, content in one.get("content", {}).items():
            yield where, media_type, content


def examples(content: dict[str, Any]) -> list[Any]:
    named = [one["$ref"].rpartition("/")[2] for one in content.get("examples", {}).values()]
    shared = [DOCUMENT["components"]["examples"][name]["value"] for name in named]
    return [*shared, *([content["example"]] if "example" in content else [])]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_example_satisfies_its_schema(operation: str) -> None:
    for where, media_type, content in bodies(operation):
        schema = {**content["schema"], "components": DOCUMENT["components"]}
        checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        for example in examples(content):
            errors = [error.message for error in checker.iter_errors(example)]
            assert errors == [], (where, media_type)


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - {"showOpenapi"}))  # whose answer is the document
def test_every_request_answer_and_problem_has_an_example(operation: str) -> None:
    found = list(bodies(operation))
    pages_of_problems = {(where, kind) for where, kind, _ in found if kind == "text/html" and where >= "4"}
    assert {(where, kind) for where, kind, content in found if not examples(content)} <= pages_of_problems


@pytest.mark.parametrize("operation", OPERATIONS)
def test_parameters_have_examples_of_their_type(operation: str) -> None:
    for parameter in OPERATIONS[operation]["parameters"]:
        if parameter["in"] == "path":
            assert "example" in parameter, parameter["name"]
        if "example" in parameter:
            schema = {**parameter["schema"], "components": DOCUMENT["components"]}
            jsonschema.Draft202012Validator(schema).validate(parameter["example"])


def test_no_text_of_an_example_is_empty_unless_it_is_meant() -> None:
    """A new member needs a value, in its `Meta` or in examples.toml."""
    values = example_values()
    named = {name for table in (values["values"], *values["schemas"].values()) for name in table}
    empty = {
        name
        for operation in OPERATIONS
        for _, _, content in bodies(operation)
        for example in examples(content)
        for name in _empty(example)
    }
    assert empty - named == set()


def _empty(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _empty(one)
    elif isinstance(value, dict):
        yield from (name for name, one in value.items() if one in ("", [""]))
        for one in value.values():
            yield from _empty(one)


def test_every_value_is_used() -> None:
    """What no schema has any more goes."""
    values = example_values()
    schemas = DOCUMENT["components"]["schemas"]
    used = {name for schema in schemas.values() for name in schema.get("properties", {})}
    parameters = {one["name"] for operation in OPERATIONS.values() for one in operation["parameters"]}
    assert values["values"].keys() - used == set()
    assert values["parameters"].keys() - parameters == set()
    for name, own in values["schemas"].items():
        assert own.keys() - schemas[name]["properties"].keys() == set(), name


def test_the_invoice_is_valid() -> None:
    assert judge(example_invoice().encode()).findings == ()


def test_files_have_the_columns_of_the_files() -> None:
    """Lines of JSON have them too, in the same order."""
    tables = {
        "exportEntries": ENTRIES.columns,
        "exportStatements": STATEMENTS.columns,
        "exportBills": BILLS.columns,
        "exportBillLines": BILL_LINES.columns,
        "exportJournal": POSTINGS.columns,
        "listUsageEntries": _ENTRY_COLUMNS,
        "exportUsage": _USAGE_COLUMNS,
    }
    for operation, columns in tables.items():
        names = [column.name for column in columns]
        header = example_values()["bodies"][f"{operation} text/csv"].splitlines()[0]
        assert header.split(",") == names, operation
        lines = example_values()["bodies"].get(f"{operation} application/jsonl", "").splitlines()
        assert all(list(json.loads(line)) == names for line in lines), operation


def test_an_event_and_a_bank_file_can_be_read() -> None:
    [event] = [content for _, kind, content in bodies("takeUsageEvents") if kind == "application/cloudevents+json"]
    body = msgspec.json.encode(event["example"])
    assert read_events("application/cloudevents+json", {}, body)[0].data.count == 3
    for media_type in ("text/csv", "application/xml", "application/octet-stream"):
        [entry] = read_bank_file(example_values()["bodies"][f"takeBankFile {media_type}"].encode())
        assert entry.texts[0] == "MP2026-000001"


def test_the_journals_balance_and_the_audit_file_is_valid(tmp_path: Path) -> None:
    bodies = example_values()["bodies"]
    audit_file = tmp_path / "journal.xaf"
    audit_file.write_text(bodies["exportJournal application/xml"], encoding="utf-8")
    report = pyxaf.validate(audit_file, xsd=True)
    assert [finding for finding in report.findings if finding.severity is not pyxaf.Severity.INFO] == []
    journal = bodies["exportJournal application/json"]
    sides = [[Decimal(one[side]) for one in journal["journal"][0]["amounts"]] for side in ("debit", "credit")]
    assert sum(sides[0]) == sum(sides[1]) == Decimal(journal["debit"])
