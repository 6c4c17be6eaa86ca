"""What several rules ask of one document, each answer computed once."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from gateway.validator.model.terms import Document

_D = TypeVar("_D", bound=Document)
_T = TypeVar("_T")


class once(Generic[_T]):  # noqa: N801 - used as a decorator
    """A property that is computed when it is first read. `functools.cached_property` without its lock, which
    takes longer than most answers here; a `Facts` never leaves its thread."""

    def __init__(self, answer: Callable[[Any], _T]) -> None:
        self.answer = answer
        self.name = answer.__name__
        self.__doc__ = answer.__doc__

    @overload
    def __get__(self, facts: None, kind: type[Any]) -> "once[_T]": ...
    @overload
    def __get__(self, facts: object, kind: type[Any]) -> _T: ...
    def __get__(self, facts: object | None, kind: type[Any]) -> "once[_T] | _T":
        if facts is None:
            return self
        value = facts.__dict__[self.name] = self.answer(facts)
        return value


class Facts(Generic[_D]):
    """The document that is judged. A document model's facts are a subclass that adds shared answers."""

    def __init__(self, document: _D) -> None:
        self.document = document
