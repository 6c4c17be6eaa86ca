"""The vocabulary of EN 16931-1: what a business term or group is called, where it is in the model.

A group of the norm (BG-25) is a class that `@group` makes a dataclass, a business term (BT-131) a field made with
`bt`. Number, English name and Dutch name are written once, there; everything else (rules, findings, pages)
looks them up in `TERMS` and `GROUPS`.
"""

import dataclasses
import gc
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform

from gateway.i18n import Text

_G = TypeVar("_G", bound="Group")


@dataclass(frozen=True, slots=True)
class Term:
    """A business term: `number` as the norm prints it (`BT-131`), its name, its group and attribute.

    `kind` says what its text should be: text, code, identifier, date, amount, price, quantity, percentage.
    """

    number: str
    name: Text
    kind: str
    group: type["Group"]
    attribute: str

    def __str__(self) -> str:
        return self.in_sentence.en

    @property
    def in_sentence(self) -> Text:
        """The term in a sentence: `Seller name (BT-27)`."""
        return Text("{name} ({term})", name=self.name, term=self.number)


@dataclass(frozen=True, slots=True)
class GroupTerm:
    """A business group: `number` as the norm prints it (`BG-25`), its name and its class."""

    number: str
    name: Text
    group: type["Group"]


@dataclass(slots=True, eq=False)
class Group:
    """One occurrence of a business group in one document.

    `ordinal` numbers its element among all elements in document order, the root is 0; -1 where the group was
    never in a document. Terms are the text that the document gives, untouched, or None: the model can hold
    a wrong invoice. An empty element is the empty string.
    """

    NUMBER: ClassVar[str] = ""

    ordinal: int = -1


@dataclass(slots=True, eq=False)
class CodeUse(Group):
    """One place where a code is used; `value` is None where an amount has no currency."""

    kind: StrEnum | None = None
    value: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Document(Group):
    """The root group of a document model. `kind` is the name of the root element."""

    kind: str = ""
    nodes: dict[type[Group], list[Group]] = field(default_factory=dict)
    """Every other group by its class, in document order, also where the standard has no room for it."""
    repeats: tuple[tuple[Group, str], ...] = ()
    """Terms that the standard and the syntax have room for once and the document gives several times: group,
    attribute."""
    coded: dict[Any, dict[str | None, list[int]]] = field(default_factory=dict)
    """By kind of coded term (an enum of the model): every value, wherever it is, with the ordinals of its
    elements."""

    def all(self, kind: type[_G]) -> list[_G]:
        """Every group of exactly this class, wherever it is."""
        if kind is type(self):
            return cast(list[_G], [self])
        return cast(list[_G], self.nodes.get(kind, []))


class without_collecting:  # noqa: N801 - used as a statement
    """Pause the garbage collector, where much is made and nothing of it is garbage: looking through a large
    invoice for garbage, over and over, takes longer than reading or judging it. The models hold no cycles.
    Of several at once, in whichever threads, the first pauses it and the last lets it go on."""

    __slots__ = ()
    _lock = threading.Lock()
    _inside = 0
    _collects = True

    def __enter__(self) -> None:
        with self._lock:
            if not without_collecting._inside:
                without_collecting._collects = gc.isenabled()
                gc.disable()
            without_collecting._inside += 1

    def __exit__(self, *_raised: object) -> None:
        with self._lock:
            without_collecting._inside -= 1
            if not without_collecting._inside and without_collecting._collects:
                gc.enable()


TERMS: dict[str, list[Term]] = {}
"""By number; a term that two groups share (a scheme identifier, say) has an entry for each."""


class _Blank(str):
    """A blank that no document has: compared by identity, so that it is not one that a document has."""

    __slots__ = ()


BLANK = _Blank(" ")
"""What a term holds where the document has a text for it that does not count."""

GROUPS: dict[str, GroupTerm] = {}
"""By number; the root of a model, which has none, by its English name."""


class Repeated(str):
    """The first of several texts, where the norm has room for one: the others are in `values`."""

    __slots__ = ("values",)

    values: tuple[str, ...]

    def __new__(cls, values: tuple[str, ...]) -> "Repeated":
        first = super().__new__(cls, values[0])
        first.values = values
        return first


class Unreadable(ValueError):  # noqa: N818 - it says what the text is
    """A text of a document that is not what its term should be: `wanted` says what, `example` shows one."""

    def __init__(self, text: str, wanted: Text, example: str) -> None:
        super().__init__(f"{text[:40]!r} is not {wanted.en}")
        self.text = text
        self.wanted = wanted
        self.example = example


def every(text: str | None) -> tuple[str, ...]:
    """All the texts a document gives for one term: none, one, or those of a repeated element."""
    if text is None:
        return ()
    return text.values if isinstance(text, Repeated) else (text,)


def term_of(kind: type[Group], attribute: str) -> str | None:
    """The number of the term that an attribute of a group holds, if it is one of the norm's."""
    for found in TERMS.values():
        for term in found:
            if term.group is kind and term.attribute == attribute:
                return term.number
    return None


def bt(number: int | str, name: str, kind: str = "text") -> Any:
    """A business term as the field of a group: absent unless the document has it. `number` is that of EN 16931
    (131), or the whole name of a term of another model (`OT-2`)."""
    return field(default=None, metadata={"term": (_term_id(number), Text(name), kind)})


def _term_id(number: int | str) -> str:
    return f"BT-{number}" if str(number)[0].isdigit() else str(number)


class derived(property):  # noqa: N801 - used as a decorator
    """A business term that a group works out of others: a property with number and names."""

    def __init__(
        self,
        fget: Callable[[Any], Any] | None = None,
        fset: Callable[[Any, Any], None] | None = None,
        fdel: Callable[[Any], None] | None = None,
        doc: str | None = None,
        *,
        term: tuple[str, Text, str] = ("", Text(""), ""),
    ) -> None:
        super().__init__(fget, fset, fdel, doc)
        self.term = term


def bt_from(number: int | str, name: str, kind: str = "text") -> Callable[[Callable[[Any], Any]], derived]:
    """A business term that is worked out: decorates the method that does it, as `property` would."""
    return lambda work: derived(work, doc=work.__doc__, term=(_term_id(number), Text(name), kind))


def many(number: int | str, name: str, kind: str = "text") -> Any:
    """A business term that may be given several times: a tuple of texts."""
    return field(default=(), metadata={"term": (_term_id(number), Text(name), kind)})


@dataclass_transform(eq_default=False)
def group(number: str, name: str) -> Callable[[type[_G]], type[_G]]:
    """Make a class a dataclass, the business group of this number, and enter its terms in `TERMS` and `GROUPS`."""

    def enter(cls: type[_G]) -> type[_G]:
        made = part(number)(cls)
        GROUPS[number or name] = GroupTerm(number, Text(name), made)
        return made

    return enter


@dataclass_transform(eq_default=False)
def part(number: str) -> Callable[[type[_G]], type[_G]]:
    """Make a class a dataclass, a part of the business group of this number with its own terms."""

    def enter(plain: type[_G]) -> type[_G]:
        cls = dataclass(slots=True, eq=False)(plain)
        cls.NUMBER = number
        stated = [
            (each.metadata["term"], each.name) for each in dataclasses.fields(cls) if "term" in each.metadata
        ]
        stated += [(each.term, name) for name, each in vars(cls).items() if isinstance(each, derived)]
        for (bt_number, name, kind), attribute in stated:
            TERMS.setdefault(bt_number, []).append(Term(bt_number, name, kind, cls, attribute))
        return cls

    return enter
