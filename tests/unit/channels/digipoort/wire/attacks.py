"""Messages that must be refused: each a genuine message with one change, by name, and its error.

Signature wrapping is numbered as in the literature (McIntosh and Austel; Jensen et al.; Somorovsky et al.):
1 the old Body moved into the header, 2 into the Security header, 3 into the new Body, 4 next to it, 5 into the
Signature as an Object, 6 with two Bodies, 7 by a doubled Id, 8 by an Id of another kind.
"""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from gateway.channels.digipoort.wire.faults import (
    AddressingError,
    KoppelvlakError,
    MalformedError,
    SignatureError,
    StaleError,
)
from tests.unit.channels.digipoort.wire.xmlsec_client import (
    DS,
    NAMES,
    PARTS,
    SOAP,
    WSA,
    WSSE,
    WSU,
    K,
    aanlever_request,
    resign,
    sign,
    to_bytes,
    unsigned,
)
from tests.unit.pki.hierarchies import pair

ATTACKER = b"<Invoice>pay me</Invoice>"
Envelope = etree._Element
ID = f"{{{WSU}}}Id"


def genuine() -> Envelope:
    """A message that would be accepted."""
    return sign(unsigned(aanlever_request()), *pair("leverancier"))


def find(envelope: Envelope, path: str) -> Envelope:
    found = envelope.find(path, NAMES)
    assert found is not None, path
    return found


def security(envelope: Envelope) -> Envelope:
    return find(envelope, "s:Header/wsse:Security")


def signature(envelope: Envelope) -> Envelope:
    return find(envelope, ".//ds:Signature")


def forged_body(envelope: Envelope, identifier: str | None = None) -> Envelope:
    """The old Body taken out, the attacker's in its place; answers the old one."""
    old = find(envelope, "s:Body")
    new = etree.Element(f"{{{SOAP}}}Body")
    if identifier:
        new.set(ID, identifier)
    new.append(etree.fromstring(aanlever_request(ATTACKER)))
    envelope.replace(old, new)
    return old


def wrap(envelope: Envelope) -> Envelope:
    return etree.SubElement(find(envelope, "s:Header"), "{urn:wrap}Wrapper")


def wrapped_in_header(envelope: Envelope) -> None:
    old = forged_body(envelope)
    wrap(envelope).append(old)


def wrapped_in_header_with_same_id(envelope: Envelope) -> None:
    old = forged_body(envelope, "_Body")
    wrap(envelope).append(old)


def wrapped_in_security(envelope: Envelope) -> None:
    old = forged_body(envelope)
    etree.SubElement(security(envelope), "{urn:wrap}Wrapper").append(old)


def wrapped_in_new_body(envelope: Envelope) -> None:
    old = forged_body(envelope)
    find(envelope, "s:Body")[0].append(old)


def wrapped_next_to_it(envelope: Envelope) -> None:
    old = forged_body(envelope)
    envelope.append(old)


def wrapped_as_object(envelope: Envelope) -> None:
    old = forged_body(envelope)
    etree.SubElement(signature(envelope), f"{{{DS}}}Object").append(old)


def two_bodies_genuine_last(envelope: Envelope) -> None:
    new = etree.Element(f"{{{SOAP}}}Body")
    new.append(etree.fromstring(aanlever_request(ATTACKER)))
    envelope.insert(1, new)


def header_after_body(envelope: Envelope) -> None:
    envelope.append(find(envelope, "s:Header"))


def body_by_plain_id(envelope: Envelope) -> None:
    old = forged_body(envelope)
    find(envelope, "s:Body").set("Id", "_Body")
    wrap(envelope).append(old)


def body_by_xml_id(envelope: Envelope) -> None:
    old = forged_body(envelope)
    find(envelope, "s:Body").set("{http://www.w3.org/XML/1998/namespace}id", "_Body")
    wrap(envelope).append(old)


def body_of_soap12(envelope: Envelope) -> None:
    """The genuine Body stays where it is looked for by name alone; a SOAP 1.2 Body comes before it."""
    new = etree.Element("{http://www.w3.org/2003/05/soap-envelope}Body")
    new.append(etree.fromstring(aanlever_request(ATTACKER)))
    envelope.insert(1, new)


def second_child_in_body(envelope: Envelope) -> None:
    find(envelope, "s:Body").insert(0, etree.fromstring(aanlever_request(ATTACKER)))


def moved(name: str, namespace: str) -> Callable[[Envelope], None]:
    """The genuine header moved under a wrapper, another in its place with no Id, the same Id, another Id."""

    def attack(envelope: Envelope) -> None:
        old = next(envelope.iter(f"{{{namespace}}}{name}"))
        parent = old.getparent()
        assert parent is not None
        new = etree.Element(old.tag)
        new.text = old.text
        for child in old:
            etree.SubElement(new, child.tag).text = "2026-11-23T09:00:00Z"
        if name == "To":
            new.text = "https://elsewhere.example/wus/2.0/aanleverservice/1.2"
        parent.replace(old, new)
        wrap(envelope).append(old)

    return attack


def doubled_header(name: str, namespace: str) -> Callable[[Envelope], None]:
    """An unsigned second header of the same name, before the genuine one."""

    def attack(envelope: Envelope) -> None:
        old = next(envelope.iter(f"{{{namespace}}}{name}"))
        parent = old.getparent()
        assert parent is not None
        new = etree.Element(old.tag)
        new.text = old.text
        parent.insert(0, new)

    return attack


def changed(path: str, value: str) -> Callable[[Envelope], None]:
    def attack(envelope: Envelope) -> None:
        find(envelope, path).text = value

    return attack


def attribute(path: str, name: str, value: str) -> Callable[[Envelope], None]:
    """An attribute in SignedInfo changed, and SignedInfo signed again by the owner of the key."""

    def attack(envelope: Envelope) -> None:
        find(envelope, path).set(name, value)

    return attack


def removed(path: str) -> Callable[[Envelope], None]:
    def attack(envelope: Envelope) -> None:
        node = find(envelope, path)
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)

    return attack


def doubled(path: str) -> Callable[[Envelope], None]:
    def attack(envelope: Envelope) -> None:
        node = find(envelope, path)
        copy = etree.fromstring(etree.tostring(node))
        copy.attrib.pop(ID, None)
        for inner in copy.iter():
            inner.attrib.pop(ID, None)
        node.addprevious(copy)

    return attack


def comment_in(path: str) -> Callable[[Envelope], None]:
    """Not covered by canonicalization without comments: cuts a value in two for a careless reader."""

    def attack(envelope: Envelope) -> None:
        node = find(envelope, path)
        text = node.text or ""
        note = etree.Comment("")
        node.text, note.tail = text[:4], text[4:]
        node.insert(0, note)

    return attack


def instruction_in_body(envelope: Envelope) -> None:
    find(envelope, "s:Body")[0].insert(0, etree.ProcessingInstruction("pay", "me"))


def signed_without(part: str) -> Callable[[], Envelope]:
    parts = [one for one in PARTS if one != part]
    return lambda: sign(unsigned(aanlever_request()), *pair("leverancier"), parts=parts)


def signed_by(
    hash_name: str, digest_name: str | None = None, canonical: str = "ExclC14N"
) -> Callable[[], Envelope]:
    return lambda: sign(
        unsigned(aanlever_request()),
        *pair("leverancier"),
        hash_name=hash_name,
        digest_name=digest_name,
        canonical=canonical,
    )


def of(age: timedelta) -> Callable[[], Envelope]:
    return lambda: sign(unsigned(aanlever_request(), created=datetime.now(UTC) - age), *pair("leverancier"))


def resigned(change: Callable[[Envelope], None]) -> Callable[[], Envelope]:
    """A message whose sender itself signed something odd."""

    def make() -> Envelope:
        envelope = genuine()
        change(envelope)
        return resign(envelope, pair("leverancier")[1])

    return make


def spoiled(change: Callable[[Envelope], None]) -> Callable[[], Envelope]:
    """A genuine message, changed on the way."""

    def make() -> Envelope:
        envelope = genuine()
        change(envelope)
        return envelope

    return make


def other_token() -> Envelope:
    """Signed by one, with the certificate of another."""
    envelope = genuine()
    certificate, _ = pair("gemeente")
    from cryptography.hazmat.primitives.serialization import Encoding

    der = certificate.public_bytes(Encoding.DER)
    find(envelope, ".//wsse:BinarySecurityToken").text = base64.b64encode(der).decode()
    return envelope


def prepared(change: Callable[[Envelope], None]) -> Callable[[], Envelope]:
    """Odd before it was signed."""

    def make() -> Envelope:
        envelope = unsigned(aanlever_request())
        change(envelope)
        return sign(envelope, *pair("leverancier"))

    return make


def hmac_algorithm(envelope: Envelope) -> None:
    """The public key taken as a shared secret."""
    find(envelope, ".//ds:SignatureMethod").set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")


def xpath_transform(envelope: Envelope) -> None:
    transform = find(envelope, ".//ds:Reference/ds:Transforms/ds:Transform")
    transform.set("Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116")
    etree.SubElement(transform, f"{{{DS}}}XPath").text = "false()"


def extra_transform(envelope: Envelope) -> None:
    transforms = find(envelope, ".//ds:Reference/ds:Transforms")
    etree.SubElement(
        transforms, f"{{{DS}}}Transform", Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"
    )


def username_token(envelope: Envelope) -> None:
    token = etree.SubElement(security(envelope), f"{{{WSSE}}}UsernameToken")
    etree.SubElement(token, f"{{{WSSE}}}Username").text = "leverancier"


def x509_data(envelope: Envelope) -> None:
    info = find(envelope, ".//ds:KeyInfo")
    info.remove(info[0])
    etree.SubElement(etree.SubElement(info, f"{{{DS}}}X509Data"), f"{{{DS}}}X509Certificate").text = "MIIB"


def local_created(envelope: Envelope) -> None:
    created = find(envelope, ".//wsu:Created")
    created.text = (created.text or "").removesuffix("Z")


def reply_elsewhere(envelope: Envelope) -> None:
    find(envelope, ".//wsa:ReplyTo/wsa:Address").text = "http://169.254.169.254/latest"


def many_references(envelope: Envelope) -> None:
    info = find(envelope, ".//ds:SignedInfo")
    for _ in range(30):
        info.append(etree.fromstring(etree.tostring(info[2])))


def pointing(path: str, uri: str | None, target: str) -> Callable[[], Envelope]:
    """A reference that is no `#Id`, and a target without a name that a careless reader would take for it."""

    def change(envelope: Envelope) -> None:
        reference, node = find(envelope, path), find(envelope, target)
        reference.attrib.pop("URI")
        if uri is not None:
            reference.set("URI", uri)
        node.set(ID, (uri or "").removeprefix("#"))

    return spoiled(change)


def in_transform(change: Callable[[Envelope], object]) -> Callable[[], Envelope]:
    """Something odd in the transform of every reference, signed by the owner of the key."""

    def make() -> Envelope:
        envelope = genuine()
        for transform in envelope.iterfind(".//ds:Transform", NAMES):
            change(transform)
        info, value = find(envelope, ".//ds:SignedInfo"), find(envelope, ".//ds:SignatureValue")
        covered = etree.tostring(info, method="c14n", exclusive=True)  # libxmlsec signs not all of these
        value.text = base64.b64encode(pair("leverancier")[1].sign(covered, PKCS1v15(), SHA256())).decode()
        return envelope

    return make


def listing(prefixes: str, name: str = "PrefixList") -> Callable[[Envelope], object]:
    return lambda transform: etree.SubElement(transform, f"{{{EXC_C14N}}}InclusiveNamespaces", {name: prefixes})


def texted(path: str, more: str, at: int | None = None) -> Callable[[Envelope], None]:
    """Characters put into a value, at its end or somewhere inside."""

    def change(envelope: Envelope) -> None:
        node = find(envelope, path)
        value = node.text or ""
        node.text = value[:at] + more + value[at:] if at is not None else value + more

    return change


def times(created: str | None = None, expires: str | None = None) -> Callable[[], Envelope]:
    """The Timestamp with these times, signed so; NOW and SOONER stand for one and the minute before."""

    def change(envelope: Envelope) -> None:
        now = datetime.now(UTC)
        for name, value in (("Created", created), ("Expires", expires)):
            if value is not None:
                value = value.replace("NOW", now.strftime("%Y-%m-%dT%H:%M:%SZ"))
                value = value.replace("SOONER", (now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ"))
                find(envelope, f".//wsu:{name}").text = value

    return prepared(change)


def relative_namespace(envelope: Envelope) -> None:
    """Exclusive canonicalization has no form for it."""
    etree.SubElement(find(envelope, "s:Body")[0], "{relative}x", nsmap={"r": "relative"})


REFERENCE = ".//ds:Reference[@URI='#_Body']"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
NO_FRAGMENTS = (None, "", "#", "http://127.0.0.1/x", "file:///etc/passwd", "cid:body", "_Body", "#xpointer(/)")
"""What a Reference may not have in place of `#Id`."""
WEAK_SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"

ATTACKS: dict[str, tuple[Callable[[], Envelope], type[KoppelvlakError]]] = {
    # wrapping
    "wrapping 1: old Body in the header": (spoiled(wrapped_in_header), SignatureError),
    "wrapping 1: the same Id on both": (spoiled(wrapped_in_header_with_same_id), MalformedError),
    "wrapping 2: old Body in Security": (spoiled(wrapped_in_security), SignatureError),
    "wrapping 3: old Body in the new": (spoiled(wrapped_in_new_body), SignatureError),
    "wrapping 4: old Body before the new": (spoiled(wrapped_next_to_it), MalformedError),
    "wrapping 5: old Body as an Object": (spoiled(wrapped_as_object), SignatureError),
    "wrapping 6: two Bodies": (spoiled(two_bodies_genuine_last), MalformedError),
    "wrapping 6: a Body of SOAP 1.2 first": (spoiled(body_of_soap12), MalformedError),
    "wrapping 7: two elements in the Body": (spoiled(second_child_in_body), MalformedError),
    "wrapping 8: the new Body by a plain Id": (spoiled(body_by_plain_id), MalformedError),
    "wrapping 8: the new Body by xml:id": (spoiled(body_by_xml_id), MalformedError),
    "wrapping: Timestamp moved": (spoiled(moved("Timestamp", WSU)), SignatureError),
    "wrapping: To moved": (spoiled(moved("To", WSA)), SignatureError),
    "wrapping: Action moved": (spoiled(moved("Action", WSA)), SignatureError),
    "wrapping: MessageID moved": (spoiled(moved("MessageID", WSA)), SignatureError),
    "Header after Body": (spoiled(header_after_body), MalformedError),
    # a second, unsigned one before the genuine one
    "second To": (spoiled(doubled_header("To", WSA)), SignatureError),
    "second Action": (spoiled(doubled_header("Action", WSA)), SignatureError),
    "second MessageID": (spoiled(doubled_header("MessageID", WSA)), SignatureError),
    "unsigned RelatesTo added": (
        spoiled(lambda e: find(e, "s:Header").append(etree.Element(f"{{{WSA}}}RelatesTo"))),
        SignatureError,
    ),
    "second Timestamp": (spoiled(doubled(".//wsu:Timestamp")), SignatureError),
    "second Security": (spoiled(doubled("s:Header/wsse:Security")), SignatureError),
    "second Signature": (spoiled(doubled(".//ds:Signature")), SignatureError),
    "second token": (spoiled(doubled(".//wsse:BinarySecurityToken")), SignatureError),
    # what is missing
    "Body not signed": (signed_without("Body"), SignatureError),
    "Timestamp not signed": (signed_without("Timestamp"), SignatureError),
    "To not signed": (signed_without("To"), SignatureError),
    "Action not signed": (signed_without("Action"), SignatureError),
    "MessageID not signed": (signed_without("MessageID"), SignatureError),
    "ReplyTo not signed": (signed_without("ReplyTo"), SignatureError),
    "not signed at all": (lambda: unsigned(aanlever_request()), SignatureError),
    "no Security": (spoiled(removed("s:Header/wsse:Security")), SignatureError),
    "no Timestamp": (spoiled(removed(".//wsu:Timestamp")), SignatureError),
    "no token": (spoiled(removed(".//wsse:BinarySecurityToken")), SignatureError),
    "no SignatureValue": (spoiled(removed(".//ds:SignatureValue")), SignatureError),
    "no KeyInfo": (spoiled(removed(".//ds:KeyInfo")), SignatureError),
    "nothing signed but the token": (
        lambda: sign(unsigned(aanlever_request()), *pair("leverancier"), parts=("Token",)),
        SignatureError,
    ),
    # what was changed
    "Body changed": (
        spoiled(changed(f".//{{{K}}}inhoud", base64.b64encode(ATTACKER).decode())),
        SignatureError,
    ),
    "To changed": (spoiled(changed(".//wsa:To", "https://elsewhere.example/")), SignatureError),
    "Created changed": (spoiled(changed(".//wsu:Created", "2026-11-23T08:00:00Z")), SignatureError),
    "SignatureValue of something else": (spoiled(changed(".//ds:SignatureValue", "AAAA")), SignatureError),
    "SignatureValue empty": (spoiled(changed(".//ds:SignatureValue", "")), SignatureError),
    "SignatureValue not base64": (spoiled(changed(".//ds:SignatureValue", "@@@@")), SignatureError),
    "DigestValue changed": (spoiled(changed(".//ds:DigestValue", "AAAA")), SignatureError),
    "the token of another": (other_token, SignatureError),
    # algorithms
    "RSA-SHA1": (signed_by("SHA1"), SignatureError),
    "SHA-1 digests under RSA-SHA256": (signed_by("SHA256", "SHA1"), SignatureError),
    "inclusive canonicalization": (signed_by("SHA256", canonical="InclC14N"), SignatureError),
    "canonicalization with comments": (signed_by("SHA256", canonical="ExclC14NWithComments"), SignatureError),
    "HMAC with the public key": (spoiled(hmac_algorithm), SignatureError),
    "no signature algorithm": (spoiled(attribute(".//ds:SignatureMethod", "Algorithm", "")), SignatureError),
    "MD5 digest": (
        spoiled(attribute(".//ds:DigestMethod", "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#md5")),
        SignatureError,
    ),
    "an XPath transform": (spoiled(xpath_transform), SignatureError),
    "a second transform": (spoiled(extra_transform), SignatureError),
    "a weak key": (lambda: sign(unsigned(aanlever_request()), *pair("bad/weak")), SignatureError),
    # references
    "a reference to the whole document": (spoiled(attribute(REFERENCE, "URI", "")), SignatureError),
    "a reference to a file": (spoiled(attribute(REFERENCE, "URI", "file:///etc/passwd")), SignatureError),
    "a reference to the network": (spoiled(attribute(REFERENCE, "URI", "http://127.0.0.1/x")), SignatureError),
    "a reference by XPointer": (spoiled(attribute(REFERENCE, "URI", "#xpointer(/)")), SignatureError),
    "a reference with a Type": (spoiled(attribute(REFERENCE, "Type", f"{DS}Manifest")), SignatureError),
    "a part signed twice": (
        resigned(
            lambda e: find(e, ".//ds:SignedInfo").append(etree.fromstring(etree.tostring(find(e, REFERENCE))))
        ),
        SignatureError,
    ),
    "the Timestamp signed three times": (
        lambda: sign(unsigned(aanlever_request()), *pair("leverancier"), parts=(*PARTS, "Timestamp", "Timestamp")),
        SignatureError,
    ),
    "the Timestamp and the Body signed twice": (
        lambda: sign(unsigned(aanlever_request()), *pair("leverancier"), parts=(*PARTS, "Timestamp", "Body")),
        SignatureError,
    ),
    "thirty references": (spoiled(many_references), SignatureError),
    "KeyInfo to something else": (spoiled(attribute(".//wsse:Reference", "URI", "#_Body")), SignatureError),
    "KeyInfo with its own certificate": (spoiled(x509_data), SignatureError),
    "another kind of token": (
        spoiled(attribute(".//wsse:BinarySecurityToken", "ValueType", "urn:x")),
        SignatureError,
    ),
    "a token that is no certificate": (
        spoiled(changed(".//wsse:BinarySecurityToken", "AAAA")),
        SignatureError,
    ),
    "a UsernameToken added": (spoiled(username_token), SignatureError),
    **{
        f"a Reference to {uri!r}, and a Body of that name": (
            pointing(REFERENCE, uri, "s:Body"),
            SignatureError if uri and uri != "#" else MalformedError,
        )
        for uri in NO_FRAGMENTS
    },
    **{
        f"KeyInfo to {uri!r}, and a token of that name": (
            pointing(".//wsse:Reference", uri, ".//wsse:BinarySecurityToken"),
            SignatureError if uri and uri != "#" else MalformedError,
        )
        for uri in (*NO_FRAGMENTS[:6], "_Token", "#xpointer(/)")
    },
    # what a transform may not have
    "an unknown attribute in a transform": (in_transform(lambda t: t.set("Other", "x")), SignatureError),
    "text in a transform": (in_transform(lambda t: setattr(t, "text", "x")), SignatureError),
    "InclusiveNamespaces without a PrefixList": (in_transform(listing("", "Other")), SignatureError),
    "21 prefixes": (in_transform(listing(" ".join(f"p{n}" for n in range(21)))), SignatureError),
    "a prefix twice": (in_transform(listing("wsa s wsa")), SignatureError),
    "prefixes parted by other white space": (in_transform(listing("wsa\u00a0s")), SignatureError),
    "a PrefixList of 50,000 characters": (in_transform(listing("x" * 50_000)), SignatureError),
    "an unknown attribute in KeyInfo": (spoiled(attribute(".//wsse:Reference", "Usage", "x")), SignatureError),
    "text in SignedInfo": (resigned(lambda e: setattr(find(e, ".//ds:SignedInfo"), "text", "x")), SignatureError),
    # base64 with white space that XML does not know
    **{
        f"{name} with {space!r}": (spoiled(texted(path, space, 8)), SignatureError)
        for name, path in (
            ("DigestValue", ".//ds:DigestValue"),
            ("SignatureValue", ".//ds:SignatureValue"),
            ("the token", ".//wsse:BinarySecurityToken"),
        )
        for space in ("\u0085", "\u00a0", "\u2003", "\u2028")
    },
    "a relative namespace name": (spoiled(relative_namespace), MalformedError),
    # comments and instructions inside values
    "comment in a value of the Body": (spoiled(comment_in(f".//{{{K}}}nummer")), MalformedError),
    "comment in To": (spoiled(comment_in(".//wsa:To")), MalformedError),
    "comment in Created": (spoiled(comment_in(".//wsu:Created")), MalformedError),
    "comment in DigestValue": (spoiled(comment_in(".//ds:DigestValue")), MalformedError),
    "processing instruction in the Body": (spoiled(instruction_in_body), MalformedError),
    # time
    "stale": (of(timedelta(minutes=16)), StaleError),
    "expired": (of(timedelta(minutes=11)), StaleError),
    "from the future": (of(timedelta(minutes=-6)), StaleError),
    "Created without a zone": (prepared(local_created), SignatureError),
    "Created that is no time": (prepared(changed(".//wsu:Created", "yesterday")), SignatureError),
    "Created on a day that is not": (prepared(changed(".//wsu:Created", "2026-02-30T00:00:00Z")), SignatureError),
    "Created in year 1": (times("0001-01-01T00:00:00+14:00"), StaleError),
    "Created in year 0": (times("0000-01-01T00:00:00Z"), SignatureError),
    "Created in year 9999": (times("9999-12-31T23:59:59-14:00"), StaleError),
    "Expires in year 1": (times(expires="0001-01-01T00:00:00Z"), StaleError),
    "Expires before Created": (times("NOW", "SOONER"), SignatureError),
    "digits that are not ASCII": (times("\u0662026-11-29T12:00:00Z"), SignatureError),
    "Created with an ideographic space": (times("NOW\u3000"), SignatureError),
    # addressing
    "no MessageID": (
        lambda: sign(
            _without(unsigned(aanlever_request()), ".//wsa:MessageID"),
            *pair("leverancier"),
            parts=_but("MessageID"),
        ),
        AddressingError,
    ),
    "no To": (
        lambda: sign(_without(unsigned(aanlever_request()), ".//wsa:To"), *pair("leverancier"), parts=_but("To")),
        AddressingError,
    ),
    "ReplyTo elsewhere": (prepared(reply_elsewhere), AddressingError),
}


def _without(envelope: Envelope, path: str) -> Envelope:
    removed(path)(envelope)
    return envelope


def _but(part: str) -> list[str]:
    return [one for one in PARTS if one != part]


def attack(name: str) -> bytes:
    """The message of this name, as sent."""
    return to_bytes(ATTACKS[name][0]())
