"""Path, query and JSON body as typed values; all faults are reported together
(NL GOV API Design Rules, /core/error-handling/all-errors)."""

import difflib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeVar, get_args, get_origin

import msgspec
from multidict import MultiMapping

from gateway.http import problems
from gateway.http.problems import Fault
from gateway.http.reasons import not_json, reason_of
from gateway.i18n import Text

Schema = TypeVar("Schema", bound=msgspec.Struct)

NULL = Text("must not hold the character U+0000")
"""PostgreSQL cannot store it in text."""


class NoQuery(msgspec.Struct, frozen=True, rename="camel"):
    """For routes without query parameters."""


@lru_cache(maxsize=256)
def _fields(kind: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:
    """By name in JSON. Reading the annotations took half of the time of a request without a key."""
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def read_query(query: MultiMapping[str], kind: type[Schema]) -> Schema:
    """The query as `kind`. Raises InvalidInput with every fault."""
    fields = _fields(kind)
    faults = [_unknown("query", name, fields) for name in dict.fromkeys(query) if name not in fields]
    values: dict[str, object] = {}
    for name, field in fields.items():
        given = query.getall(name, [])
        takes_many = get_origin(field.type) is list
        if not given:
            if field.required:
                faults.append(Fault("query", name, problems.MISSING))
        elif len(given) > 1 and not takes_many:
            faults.append(Fault("query", name, problems.TWICE))
        elif any("\0" in one for one in given):
            faults.append(Fault("query", name, NULL))
        else:
            try:
                values[field.name] = msgspec.convert(given if takes_many else given[0], field.type, strict=False)
            except msgspec.ValidationError as error:
                faults.append(Fault("query", name, reason_of(error, field.type)))
    if faults:
        raise problems.InvalidInput(tuple(faults))
    return kind(**values)


def read_path(parts: Mapping[str, str], types: Mapping[str, object]) -> dict[str, object]:
    """The variables of a path in these types. Raises InvalidInput with every fault."""
    faults: list[Fault] = []
    values: dict[str, object] = {}
    for name, kind in types.items():
        try:
            values[name] = msgspec.convert(parts[name], kind, strict=False)
        except msgspec.ValidationError as error:
            faults.append(Fault("path", name, reason_of(error, kind)))
    if faults:
        raise problems.InvalidInput(tuple(faults))
    return values


NESTING_MAX = 20
"""Levels of lists and objects in a JSON body; nothing that the API takes has more than four."""
_AS_LISTS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def check_nesting(body: bytes) -> None:
    """To be called before JSON is parsed. Raises InvalidInput when it is nested so deep that parsing may fail."""
    if _is_deep(body):
        reason = Text("is nested in more than {most} levels", most=NESTING_MAX)
        raise problems.InvalidInput((Fault("body", "", reason),))


def _is_deep(body: bytes) -> bool:
    """Whether brackets are nested in too many levels, those in texts not counted. Linear in the size."""
    if body.count(b"[") + body.count(b"{") <= NESTING_MAX:
        return False
    outside_texts = body.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2]
    brackets = b"".join(outside_texts).translate(_AS_LISTS, _NO_BRACKETS)
    for _ in range(NESTING_MAX):  # each time the innermost level goes
        brackets = brackets.replace(b"[]", b"")
    return b"[]" in brackets or brackets.count(b"[") > NESTING_MAX


def read_json(body: bytes, kind: type[Schema]) -> Schema:
    """The JSON body as `kind`. Raises InvalidInput with every fault."""
    check_nesting(body)
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise problems.InvalidInput((Fault("body", "", not_json(error)),)) from error
    if faults := tuple(_faults(value, kind, "")):
        raise problems.InvalidInput(faults)
    return msgspec.convert(value, kind)


def _faults(value: object, kind: object, path: str) -> Iterator[Fault]:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        yield from _struct_faults(value, kind, path)
    elif get_origin(kind) is list and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, get_args(kind)[0], f"{path}[{index}]")
    elif _holds_null(value):
        yield Fault("body", path, NULL)
    else:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            yield Fault("body", path, reason_of(error, kind))


def _holds_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(_holds_null(one) for pair in value.items() for one in pair)
    return isinstance(value, str) and "\0" in value


def _struct_faults(value: Mapping[object, object], kind: type[msgspec.Struct], path: str) -> Iterator[Fault]:
    fields = _fields(kind)
    for name in value:
        if name not in fields:
            yield _unknown("body", f"{path}.{name}".lstrip("."), fields)
    for name, field in fields.items():
        full = f"{path}.{name}".lstrip(".")
        if name in value:
            yield from _faults(value[name], field.type, full)
        elif field.required:
            yield Fault("body", full, problems.MISSING)


def _unknown(path: str, name: str, known: Mapping[str, object]) -> Fault:
    close = difflib.get_close_matches(name.rpartition(".")[2], known, n=1)
    reason = Text("is not known")
    if close:
        reason = Text("is not known; did you mean {close}?", close=close[0])
    return Fault(path, name[:100], reason)
