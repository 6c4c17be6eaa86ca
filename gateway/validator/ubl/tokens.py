"""A document as tokens: start tags, end tags and empty elements, each with the text up to the next one.

The kind of a token (which element, with which attributes) is one character, its sign, so that the shape of a
piece of XML is a string, and comparing, finding and counting shapes is comparing, finding and counting strings.
Signs are the same for all documents, whatever prefixes they use.

Tokens come from the markup, cut at its angle brackets, which costs a tenth of walking the tree. That is exact for
a well-formed document whose brackets all belong to tags; comments, CDATA and instructions are replaced first. What
else there is (a bare `>` in a text, namespaces declared further down) is read from the tree, in the same tokens.
"""

import re
import threading
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from gateway.validator.ubl.shape import COMMENT, FOREIGN
from gateway.validator.xml.diagnosis import root_offset

OPENS, CLOSES, ALONE = 1, -1, 0

_STRETCH_BYTES = 1 << 20
_KINDS_MAX = 10_000
_LEXICON_CHARACTERS_MAX = 100_000
"""Of the tags in a lexicon that is kept."""
_LEXICONS_MAX = 256
_XML = "{http://www.w3.org/XML/1998/namespace}"


class UnplainError(ValueError):
    """The markup is not cut into tokens by its brackets alone, or a name in it means different things."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a sign stands for: `name` as rules write it (`cac:Item`), names of attributes in the order given;
    `step` is +1 for a start tag, -1 for an end tag, 0 for an empty element or a comment."""

    name: str
    attributes: tuple[str, ...]
    step: int
    closing: str = ""
    """The sign of the end tag, for a start tag."""


def prefixed(prefixes: Mapping[str, str], tag: str) -> str:
    """A tag in lxml's form (`{namespace}name`) as rules write it (`cac:Item`); of another namespace, as it is."""
    namespace, closing, name = tag.rpartition("}")
    prefix = prefixes.get(namespace[1:])
    return tag if not closing or prefix is None else prefix + name


class Alphabet:
    """Every kind met so far with its sign, for one syntax: `prefixes` say how its namespaces are written."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self.prefixes = prefixes
        self.kinds: list[Kind] = []
        self.openers: dict[str, list[str]] = {}
        """The signs of the start tags of each element."""
        self._signs: dict[tuple[str, tuple[str, ...], int], str] = {}
        self._lexicons: dict[object, Lexicon] = {}
        self._lock = threading.Lock()

    @property
    def is_full(self) -> bool:
        """So many kinds only come from documents made to have them: begin another alphabet."""
        return len(self.kinds) > _KINDS_MAX

    def kind(self, sign: str) -> Kind:
        """What a sign stands for."""
        return self.kinds[ord(sign)]

    def sign(self, name: str, attributes: tuple[str, ...], step: int) -> str:
        """The sign of a kind; a new one where it was not met before."""
        if name == FOREIGN:
            attributes = ()
        key = (name, attributes, step)
        if (found := self._signs.get(key)) is not None:
            return found
        closing = self.sign(name, (), CLOSES) if step == OPENS else ""
        with self._lock:
            if key not in self._signs:
                self.kinds.append(Kind(name, attributes, step, closing))
                self._signs[key] = chr(len(self.kinds) - 1)
                if step == OPENS:
                    self.openers.setdefault(name, []).append(self._signs[key])
        return self._signs[key]

    def name(self, tag: str) -> str:
        """A tag in lxml's form as rules write it; FOREIGN for one of another namespace, which no rule names: there
        may be thousands, and each as long as its sender likes."""
        namespace, closing, _ = tag.rpartition("}")
        return FOREIGN if closing and namespace[1:] not in self.prefixes else prefixed(self.prefixes, tag)

    def lexicon(self, spaces: Mapping[str | None, str]) -> "Lexicon":
        """What tags mean where these prefixes are declared."""
        key = tuple(spaces.items())
        found = self._lexicons.get(key)
        if found is None:
            if len(self._lexicons) >= _LEXICONS_MAX:
                self._lexicons.clear()
            found = self._lexicons[key] = Lexicon(self, dict(spaces))
        return found

    def let_go(self, lexicon: "Lexicon") -> None:
        """Keep a lexicon for the next document, unless this one has filled it with tags of its own."""
        if lexicon.characters > _LEXICON_CHARACTERS_MAX:
            self._lexicons.pop(tuple(lexicon.spaces.items()), None)


_SPACE = " \t\r\n"
_TAG = re.compile(
    rf"""(/?)([^{_SPACE}/<>="'!?]++)((?:[{_SPACE}]++[^{_SPACE}/<>="']++[{_SPACE}]*+=[{_SPACE}]*+"""
    rf"""(?:"[^"]*+"|'[^']*+'))*+)[{_SPACE}]*+(/?)"""
)
ATTRIBUTE_VALUE = re.compile(
    rf"""(?P<upto>(?P<name>[^{_SPACE}="'<>]++)[{_SPACE}]*+=[{_SPACE}]*+)(?P<quote>["'])(?P<value>.*?)(?P=quote)""",
    re.DOTALL,
)
"""An attribute in a tag."""


def attributes_of(tag: str) -> dict[str, str]:
    """The attributes in what stands between the brackets of a tag, by their names as written."""
    return {name: resolved(value.translate(_BLANKS)) for _, name, _, value in ATTRIBUTE_VALUE.findall(tag)}


class Lexicon(dict[str, str]):
    """Signs by what stands between the brackets of a tag, filled as tags are met."""

    def __init__(self, alphabet: Alphabet, spaces: Mapping[str | None, str]) -> None:
        self.alphabet = alphabet
        self.spaces = spaces
        self.attributes: dict[str, dict[str, str]] = {}
        """The attributes of those tags that have any."""
        self.characters = sum(map(len, spaces.values()))
        self._frames: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {}
        """Tags less the values of their attributes: sign and names."""

    def written(self, name: str) -> Iterator[str]:
        """How the start tag of an element without attributes is written in this document."""
        prefix, _, local = name.rpartition(":")
        for own, namespace in self.spaces.items():
            if prefix and self.alphabet.prefixes.get(namespace) == f"{prefix}:":
                yield f"<{own}:{local}>" if own else f"<{local}>"

    def __missing__(self, tag: str) -> str:
        sign = self.alphabet.sign(COMMENT, (), ALONE) if tag == _ASIDE_TAG else self._understand(tag)
        self[tag] = sign
        self.characters += len(tag)
        return sign

    def sign_of_root(self, tag: str, root: etree._Element) -> str:
        """The sign of the start tag of the root, which declares the namespaces."""
        if tag not in self:
            self.characters += len(tag)
            step = ALONE if tag.endswith("/") else OPENS
            self[tag] = self.alphabet.sign(self.alphabet.name(str(root.tag)), tuple(map(str, root.keys())), step)
        return self[tag]

    def _understand(self, tag: str) -> str:
        parts = tag.split('"')
        if len(parts) == 1 or len(parts) % 2 == 0 or not _UNUSUAL.isdisjoint(tag):
            return self._parse(tag)
        frame = tuple(parts[::2])
        known = self._frames.get(frame)
        if known is None:
            sign = self._parse(tag)
            self._frames[frame] = sign, tuple(self.attributes[tag])
            return sign
        sign, names = known
        self.attributes[tag] = dict(zip(names, parts[1::2], strict=True))
        return sign

    def _parse(self, tag: str) -> str:
        match = _TAG.fullmatch(tag)
        if match is None or (match[1] and (match[3] or match[4])):
            raise UnplainError(f"not a tag: {tag[:80]!r}")
        name = self.alphabet.name(self._in_full(match[2], self.spaces.get(None)))
        if match[1]:
            return self.alphabet.sign(name, (), CLOSES)
        attributes = self._attributes(match[3]) if match[3] else {}
        if attributes:
            self.attributes[tag] = attributes
        return self.alphabet.sign(name, tuple(attributes), ALONE if match[4] else OPENS)

    def _attributes(self, text: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for _, name, _, value in ATTRIBUTE_VALUE.findall(text):
            if name == "xmlns" or name.startswith("xmlns:"):
                raise UnplainError(f"declares a namespace: {name[:80]}")
            found[self._in_full(name, None)] = resolved(value.translate(_BLANKS))
        return found

    def _in_full(self, name: str, default: str | None) -> str:
        """`{namespace}name`, as lxml writes it."""
        prefix, colon, local = name.rpartition(":")
        if not colon:
            return f"{{{default}}}{name}" if default else name
        if prefix == "xml":
            return _XML + local
        if prefix not in self.spaces:
            raise UnplainError(f"prefix {prefix[:80]} is not declared at the root")
        return f"{{{self.spaces[prefix]}}}{local}"


_UNUSUAL = frozenset("'&\t\r\n")
"""With one of these in it a tag is taken apart with care: quotes, references, white space to be replaced."""
_BLANKS = {ord(each): " " for each in "\t\r\n"}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(lt|gt|amp|quot|apos));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


def resolved(text: str) -> str:
    """A text with its character references and the five named ones replaced by what they stand for."""
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(reference: re.Match[str]) -> str:
    hexadecimal, decimal, name = reference.groups()
    if name:
        return _NAMED[name]
    return chr(int(hexadecimal, 16) if hexadecimal else int(decimal))


@dataclass(slots=True)
class Tokens:
    """A run of tokens. `texts[n]` stands between token n and the next one; `tags[n]` is its key in `attributes`,
    which holds those that have attributes."""

    signs: str = ""
    texts: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    has_references: bool = False
    """Whether `&` in a text begins a reference that is still to be resolved."""

    def after(self, others: "Tokens", begin: int) -> "Tokens":
        """These tokens with those of `others` from number `begin` on before them."""
        if begin == len(others.signs):
            return self
        return Tokens(
            others.signs[begin:] + self.signs,
            others.texts[begin:] + self.texts,
            others.tags[begin:] + self.tags,
            self.attributes,
            self.has_references or others.has_references,
        )


@dataclass(frozen=True, slots=True)
class Markup:
    """The bytes of a well-formed UTF-8 document. `start` is the byte where the start tag of its root begins;
    `is_paired` says that it holds as many `<` as `>`."""

    text: bytes
    start: int
    is_paired: bool

    @classmethod
    def of(cls, text: bytes, *, is_paired: bool | None = None) -> "Markup":
        """The markup of a document; brackets are counted unless they were before."""
        start = root_offset(text, len(BOM_UTF8) if text.startswith(BOM_UTF8) else 0)
        return cls(text, start, text.count(b"<") == text.count(b">") if is_paired is None else is_paired)


class Stretches:
    """UTF-8 bytes as text, a stretch at a time: a whole large document as text would cost as much again."""

    def __init__(self, markup: bytes, begin: int) -> None:
        """From byte `begin` on; the first stretch is still to be taken."""
        self.text = ""
        self.at = 0
        """The character of it at which what was not read yet begins."""
        self.has_references = False
        """Whether references are in that stretch."""
        self.has_numeric_references = False
        """Whether any was of a number so far: white space may be written as one."""
        self._bytes = markup
        self._begin = begin
        """The byte that follows the stretch."""

    @property
    def is_at_its_end(self) -> bool:
        """Whether there is no more to take."""
        return self._begin >= len(self._bytes)

    @property
    def left_bytes(self) -> int:
        """About how much has not been read yet."""
        return len(self._bytes) - self._begin + len(self.text) - self.at

    def take_more(self) -> None:
        """Take in more, up to a tag. Raises UnicodeDecodeError."""
        begin, end = self._begin, len(self._bytes)
        if end - begin > 2 * _STRETCH_BYTES:
            cut = self._bytes.rfind(b"<", begin + 1, begin + _STRETCH_BYTES)
            cut = self._bytes.find(b"<", begin + _STRETCH_BYTES) if cut < 0 else cut
            end = end if cut < 0 else cut
        text = self._bytes[begin:end].decode()
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.text = self.text[self.at :] + text
        self.has_references = "&" in self.text
        self.has_numeric_references = self.has_numeric_references or (self.has_references and "&#" in self.text)
        self.at, self._begin = 0, end


class MarkupTokens(Stretches):
    """The tokens of a document, from its markup, a window at a time."""

    def __init__(self, markup: Markup, root: etree._Element, lexicon: Lexicon) -> None:
        """`root` is what was parsed from it. Raises UnplainError."""
        has_asides = _has_asides(markup)
        if not has_asides and not markup.is_paired:
            raise UnplainError("a bare > stands in a text or an attribute")
        if has_asides:
            super().__init__(_set_aside(markup.text[markup.start :]), 0)
        else:
            super().__init__(markup.text, markup.start)
        self.is_as_written = not has_asides
        """Whether every token stands in the document itself, and not in place of comments or CDATA."""
        self._lexicon = lexicon
        self.take_more()
        end = self.text.find(">")
        self.root_tag = self.text[1:end]
        self.root_sign = lexicon.sign_of_root(self.root_tag, root)
        following = self.text.find("<", end)
        self.at = following if following >= 0 else len(self.text)

    def up_to_second(self, names: Iterable[str], least: int, most: int) -> int:
        """How much to take up to the second of these elements, which may be written as the first one is."""
        end = self.at + most
        for name in names:
            for tag in self._lexicon.written(name):
                first = self.text.find(tag, self.at, end)
                if first >= 0 and (second := self.text.find(tag, first + 1, end)) >= 0:
                    return second + 1 - self.at
        return least

    def window(self, characters: int) -> Tokens:
        """The next tokens, about so many characters of markup. Raises UnplainError."""
        while len(self.text) - self.at <= characters and not self.is_at_its_end:
            self.take_more()
        text, at, cut = self.text, self.at, len(self.text)
        if cut - at > characters:
            before = text.rfind("<", at + 1, at + characters)
            behind = text.find("<", at + characters) if before < 0 else before
            cut = cut if behind < 0 else behind
        cuts = text[at:cut].replace(">", "<").split("<")
        tags = cuts[1::2]
        self.at = cut
        signs = "".join(map(self._lexicon.__getitem__, tags))
        return Tokens(signs, cuts[2::2], tags, self._lexicon.attributes, self.has_references)

    def hand_back(self, window: Tokens, at: int) -> None:
        """Take back the tokens from `at` on: they have not been read."""
        left = len(window.signs) - at
        self.at -= 2 * left + sum(map(len, window.tags[at:])) + sum(map(len, window.texts[at:]))


_ASIDE_TAG = "!/"
_ASIDE = re.compile(rb"<!--.*?-->|<!\[CDATA\[(.*?)\]\]>|<\?.*?\?>", re.DOTALL)


def _has_asides(markup: Markup) -> bool:
    """Comments, CDATA sections or instructions from the root on. Looking for one byte first is much faster."""
    text, start = markup.text, markup.start
    return (text.find(b"!", start) >= 0 and text.find(b"<!", start) >= 0) or (
        text.find(b"?", start) >= 0 and text.find(b"<?", start) >= 0
    )


def _set_aside(text: bytes) -> bytes:
    """The markup with a tag for each comment and instruction, and CDATA as other text. Raises UnplainError."""
    text = _ASIDE.sub(_plainly, text)
    if text.count(b"<") != text.count(b">"):
        raise UnplainError("a bare > stands in a text or an attribute")
    return text


def _plainly(aside: re.Match[bytes]) -> bytes:
    if (content := aside[1]) is None:
        return f"<{_ASIDE_TAG}>".encode()
    return content.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


class TreeTokens:
    """The tokens of a tree, however it was made, all in one window."""

    def __init__(self, root: etree._Element, alphabet: Alphabet) -> None:
        self.root_sign = alphabet.sign(alphabet.name(str(root.tag)), tuple(map(str, root.keys())), OPENS)
        self._root = root
        self._alphabet = alphabet

    def window(self, _characters: int) -> Tokens:
        """All tokens behind the start tag of the root."""
        alphabet = self._alphabet
        signs: list[str] = []
        attributes: dict[str, dict[str, str]] = {}
        found = Tokens(attributes=attributes)
        for event, element in etree.iterwalk(self._root, events=("start", "end", "comment", "pi")):
            if event == "start":
                own = {str(key): str(value) for key, value in element.attrib.items()}
                if own:
                    attributes[str(len(signs))] = own
                signs.append(alphabet.sign(alphabet.name(str(element.tag)), tuple(own), OPENS))
            elif event == "end":
                signs.append(alphabet.sign(alphabet.name(str(element.tag)), (), CLOSES))
            else:
                signs.append(alphabet.sign(COMMENT, (), ALONE))
            found.tags.append(str(len(found.tags)))
            found.texts.append((element.text if event == "start" else element.tail) or "")
        found.signs = "".join(signs)
        return Tokens(attributes=attributes).after(found, 1)
