"""Messages whose markup is familiar: verified by their values alone.

A client program writes the same markup in every message; what differs are texts between two tags. When a message
was verified in full its markup is kept, and with it the canonical form of each part that was signed, with holes
where values stand. A message with the same markup, byte for byte, needs no tree and no canonicalization: with its
values in the holes these are its canonical forms, and signature and digests are verified over them (decision
record 0504).

Why that is as safe as verifying in full:

- A value is text of plain characters, which neither the parser nor canonicalization writes otherwise. Whatever it
  says, the tree has the same nodes with the same names, Ids and algorithms.
- Only the texts of the Body's elements, of MessageID, Timestamp, token, digests and signature may differ. Every
  other text must be what it was in the message that was verified.
- What is read afterwards is parsed from the Body's canonical form: the very bytes that were digested.
- Nothing is ever refused here. What is not accepted is verified in full, and hears there what is wrong.
"""

import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from lxml import etree

from gateway.channels.digipoort.wire.cut import Inhoud, ReadingLimits
from gateway.channels.digipoort.wire.elements import require_valid
from gateway.channels.digipoort.wire.envelope import (
    ADDRESS_CHARACTERS_MAX,
    WSU_ID,
    Addressing,
    Envelope,
    parse,
    read_envelope,
)
from gateway.channels.digipoort.wire.faults import KoppelvlakError
from gateway.channels.digipoort.wire.names import KOPPELVLAK, WSA
from gateway.channels.digipoort.wire.signature import (
    Family,
    SignaturePolicy,
    Verified,
    canonical,
    decoded,
    inclusive_prefixes,
    read_signed_info,
    require_fresh,
    require_signature,
    security_parts,
    signer_in,
)

_VALUE = re.compile(rb">([\t\n\x20-\x25\x27-\x3b=\x3f-\x7e]+)<")
"""Printable ASCII without `&`, `<` and `>`: the same in a message, in its tree, and in the canonical form."""
_MARK = re.compile(rb"mpV(\d{5})X")
_SEPARATOR = b"\0"
"""Stands in no XML."""
_VALUES_MAX = 400

_Values = Sequence[bytes]
_Pick = Callable[[_Values], object]


@dataclass(frozen=True, slots=True)
class _Form:
    """A canonical form with holes, as a format, and how to pick what goes in."""

    text: bytes
    pick: _Pick

    def filled(self, values: _Values) -> bytes:
        return self.text % self.pick(values)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that is signed: its canonical form, and which value is its digest."""

    form: _Form
    family: Family
    digest: int


@dataclass(frozen=True, slots=True)
class _Markup:
    """A familiar markup. Numbers are of values, in the order in which they stand in the message."""

    values_count: int
    fixed: _Pick
    """Picks what must be as it was."""
    fixed_values: object
    signed_info: _Form
    family: Family
    signature: int
    token: int
    created: int
    expires: int | None
    message_id: int
    parts: tuple[_Part, ...]
    """All but the Body."""
    body: _Part
    contents: frozenset[int]
    """Where an `inhoud` stands."""
    to: str
    action: str

    def fits(self, values: _Values, cuts: Mapping[str, Inhoud]) -> bool:
        """Whether what may not differ does not, and what was cut out stands in an `inhoud` and nowhere else."""
        if len(values) != self.values_count or self.fixed(values) != self.fixed_values:
            return False
        return not cuts or (len(cuts) == 1 and self._is_content(next(iter(cuts)).encode(), values))

    def _is_content(self, token: bytes, values: _Values) -> bool:
        return values.count(token) == 1 and values.index(token) in self.contents


class Familiar:
    """The markups that are familiar to one gateway."""

    def __init__(
        self, policy: SignaturePolicy, limits: ReadingLimits, markups_max: int = 200, variants_max: int = 4
    ) -> None:
        """`variants_max`: how many messages of one markup are kept whose fixed texts differ."""
        self._policy = policy
        self._limits = limits
        self._markups_max = markups_max
        self._variants_max = variants_max
        self._known: dict[bytes, list[_Markup]] = {}
        self._sighted: dict[int, None] = {}

    def verify(self, skeleton: bytes, cuts: Mapping[str, Inhoud], now: datetime) -> Verified | None:
        """The message, when its markup is familiar and all is right with it; None: verify it in full."""
        pieces = _VALUE.split(skeleton)
        known = self._known.get(_SEPARATOR.join(pieces[::2]))
        if known is None:
            return None
        values = pieces[1::2]
        for markup in known:
            if markup.fits(values, cuts):
                try:
                    return self._verified(markup, values, cuts, now)
                except (KoppelvlakError, binascii.Error):
                    return None
        return None

    def learn(self, skeleton: bytes, envelope: Envelope, verified: Verified) -> None:
        """A message that was verified in full: from the second of its markup on, the markup is familiar."""
        pieces = _VALUE.split(skeleton)
        name = _SEPARATOR.join(pieces[::2])
        known = self._known.get(name, [])
        if len(known) >= self._variants_max or not self._was_sighted(hash(name)):
            return
        markup = self._studied(pieces, envelope, verified)
        if markup is None:
            return
        if name not in self._known and len(self._known) >= self._markups_max:
            self._known.pop(next(iter(self._known)))
        self._known[name] = [*known, markup]

    def _was_sighted(self, name: int) -> bool:
        """Whether this markup came before: one that comes once is not worth the study."""
        if name in self._sighted:
            return True
        if len(self._sighted) >= 10 * self._markups_max:
            self._sighted.pop(next(iter(self._sighted)))
        self._sighted[name] = None
        return False

    def _verified(
        self, known: _Markup, values: _Values, cuts: Mapping[str, Inhoud], now: datetime
    ) -> Verified | None:
        signer = signer_in(values[known.token].decode())
        signature = decoded(values[known.signature].decode(), "SignatureValue")
        require_signature(known.signed_info.filled(values), signature, signer.key, known.family)
        for part in known.parts:
            if part.family.digest(part.form.filled(values)).digest() != _digest(values[part.digest]):
                return None
        body = known.body.form.filled(values)
        if _body_digest(body, cuts, known.body.family) != _digest(values[known.body.digest]):
            return None
        expires = None if known.expires is None else values[known.expires].decode()
        created_at = require_fresh(values[known.created].decode(), expires, self._policy, now)
        message_id = values[known.message_id].decode().strip()
        if not 0 < len(message_id) <= ADDRESS_CHARACTERS_MAX:
            return None
        return Verified(
            parse(body, self._limits)[0],
            cuts,
            Addressing(known.to, known.action, message_id),
            signer.certificate,
            signer.fingerprint,
            known.family,
            created_at,
            signature,
        )

    def _studied(self, pieces: Sequence[bytes], envelope: Envelope, verified: Verified) -> _Markup | None:
        """The markup of a message, if the message is verified by it in the same way; else None."""
        values = pieces[1::2]
        has_marks = any(_MARK.search(piece) for piece in pieces)
        if len(values) > _VALUES_MAX or has_marks or any(b"!" in piece for piece in pieces[::2]):
            return None
        try:
            twin = read_envelope(_marked(pieces), {}, self._limits)
            markup = _Study(twin, values).markup(envelope, verified, self._policy)
            if markup is None or not markup.fits(values, verified.cuts):
                return None
            again = self._verified(markup, values, verified.cuts, verified.created_at)
            if again is None or again.addressing != verified.addressing:
                return None
            # The canonical Body may lack a namespace that only the value of an attribute names, as in xsi:type.
            require_valid(again.request)
        except (KoppelvlakError, binascii.Error):
            return None
        return markup


def _marked(pieces: Sequence[bytes]) -> bytes:
    """The message with a mark in the place of each value; white space stays, for it may stand before the root."""
    marked = list(pieces)
    marked[1::2] = [
        b">mpV%05dX<" % number if value.strip() else b">%b<" % value for number, value in enumerate(pieces[1::2])
    ]
    return b"".join(marked)


class _Study:
    """Finds in a twin of a message, with marks for values, where each value stands."""

    def __init__(self, twin: Envelope, values: _Values) -> None:
        self._twin = twin
        self._values = values
        self._numbers: dict[etree._Element, int] = {}
        for node in twin.root.iter(etree.Element):
            mark = _MARK.fullmatch((node.text or "").encode()) if not len(node) else None
            if mark:
                self._numbers[node] = int(mark[1])

    def markup(self, envelope: Envelope, verified: Verified, policy: SignaturePolicy) -> _Markup | None:
        """The markup, or None when a value that it needs is not plain text."""
        security, twins = envelope.security, self._twin.security
        if security is None or twins is None:
            return None
        signed_info = security_parts(security)[2][0]
        timestamp, token, signature = security_parts(twins)
        _, family, references = read_signed_info(envelope, signed_info, security, policy)
        digests = [reference[2] for reference in signature[0][2:]]
        message_id = self._twin.header_blocks(WSA, "MessageID")[0]
        inside = list(self._twin.request.iter(etree.Element))
        free = [token, signature[1], *timestamp, *digests, message_id]
        if not all(node in self._numbers for node in free):
            return None
        self._free = {self._numbers[node] for node in (*free, *inside) if node in self._numbers}
        targets = [self._twin.ids[reference.target.get(WSU_ID) or ""] for reference in references]
        parts = [
            _Part(self._form(target, reference.prefixes), reference.family, self._numbers[digest])
            for target, reference, digest in zip(targets, references, digests, strict=True)
        ]
        body = parts.pop(targets.index(self._twin.body))
        fixed = _picking([number for number in range(len(self._values)) if number not in self._free])
        return _Markup(
            values_count=len(self._values),
            fixed=fixed,
            fixed_values=fixed(self._values),
            signed_info=self._form(signature[0], inclusive_prefixes(signed_info[0])),
            family=family,
            signature=self._numbers[signature[1]],
            token=self._numbers[token],
            created=self._numbers[timestamp[0]],
            expires=self._numbers[timestamp[1]] if len(timestamp) > 1 else None,
            message_id=self._numbers[message_id],
            parts=tuple(parts),
            body=body,
            contents=frozenset(
                self._numbers[node]
                for node in inside
                if node.tag == f"{{{KOPPELVLAK}}}inhoud" and node in self._numbers
            ),
            to=verified.addressing.to,
            action=verified.addressing.action,
        )

    def _form(self, node: etree._Element, prefixes: list[str]) -> _Form:
        """The node's canonical form, with holes for the values that may differ and the others filled in."""
        pieces = _MARK.split(canonical(node, prefixes))
        numbers = [int(one) for one in pieces[1::2]]
        pieces[::2] = [piece.replace(b"%", b"%%") for piece in pieces[::2]]
        pieces[1::2] = [
            b"%b" if number in self._free else self._values[number].replace(b"%", b"%%") for number in numbers
        ]
        holes = [number for number in numbers if number in self._free]
        return _Form(b"".join(pieces), _picking(holes))


def _picking(numbers: Sequence[int]) -> _Pick:
    return itemgetter(*numbers) if numbers else _pick_nothing


def _pick_nothing(_values: _Values) -> tuple[()]:
    return ()


def _digest(value: bytes) -> bytes:
    return binascii.a2b_base64(value, strict_mode=True)


def _body_digest(body: bytes, cuts: Mapping[str, Inhoud], family: Family) -> bytes:
    """The digest of the Body with what was cut out of it in its places."""
    digest = family.digest(b"")
    for token, inhoud in cuts.items():
        before, _, body = body.partition(token.encode())
        digest.update(before)
        for piece in inhoud.canonical():
            digest.update(piece)
    digest.update(body)
    return digest.digest()
