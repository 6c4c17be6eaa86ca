"""A client program that is not ours: messages built with lxml and signed by libxmlsec1.

Stands for what suppliers run (WCF, CXF, Node): it shares no line with the gateway's own signing.
"""

import base64
import functools
import uuid
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from xmlsec import constants as known

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE = f"{_OASIS}-wssecurity-secext-1.0.xsd"
WSU = f"{_OASIS}-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
K = "http://logius.nl/digipoort/koppelvlakservices/1.2/"
X509V3 = f"{_OASIS}-x509-token-profile-1.0#X509v3"
BASE64 = f"{_OASIS}-soap-message-security-1.0#Base64Binary"
ACTION = "http://logius.nl/digipoort/wus/2.0/aanleverservice/1.2/AanleverService/aanleverenRequest"
TO = "https://localhost:8443/wus/2.0/aanleverservice/1.2"
NAMES = {"s": SOAP, "wsa": WSA, "wsse": WSSE, "wsu": WSU, "ds": DS, "k": K}

PARTS = ("Body", "To", "Action", "MessageID", "ReplyTo", "Timestamp")


def aanlever_request(inhoud: bytes = b"<Invoice/>", /, **more: str) -> str:
    """A body as WCF writes it: the koppelvlak as default namespace."""
    kenmerk = f"<aanleverkenmerk>{more['aanleverkenmerk']}</aanleverkenmerk>" if "aanleverkenmerk" in more else ""
    nummer = more.get("nummer", "27418562")
    return (
        f'<aanleverRequest xmlns="{K}"><berichtsoort>{more.get("berichtsoort", "E-Factuur-UBL")}</berichtsoort>'
        f"{kenmerk}<identiteitBelanghebbende><nummer>{nummer}</nummer><type>{more.get('type', 'KvK')}</type>"
        "</identiteitBelanghebbende><rolBelanghebbende>Bedrijf</rolBelanghebbende>"
        f"{more.get('ontvanger', '')}"
        "<berichtInhoud><mimeType>application/xml</mimeType><bestandsnaam>factuur.xml</bestandsnaam>"
        f"<inhoud>{more.get('base64') or base64.b64encode(inhoud).decode()}</inhoud></berichtInhoud>"
        f"{more.get('bijlagen', '')}"
        "<autorisatieAdres>http://geenausp.nl</autorisatieAdres></aanleverRequest>"
    )


def unsigned(body: str, *, action: str = ACTION, to: str = TO, created: datetime | None = None) -> etree._Element:
    """An envelope with addressing headers and Timestamp, Ids set, not signed."""
    made = created or datetime.now(UTC)
    envelope = f"""<s:Envelope xmlns:s="{SOAP}" xmlns:wsu="{WSU}" xmlns:wsa="{WSA}">
      <s:Header>
        <wsa:Action wsu:Id="_Action">{action}</wsa:Action>
        <wsa:MessageID wsu:Id="_MessageID">urn:uuid:{uuid.uuid4()}</wsa:MessageID>
        <wsa:ReplyTo wsu:Id="_ReplyTo"><wsa:Address>http://www.w3.org/2005/08/addressing/anonymous</wsa:Address></wsa:ReplyTo>
        <wsa:To s:mustUnderstand="1" wsu:Id="_To">{to}</wsa:To>
        <wsse:Security xmlns:wsse="{WSSE}" s:mustUnderstand="1">
          <wsu:Timestamp wsu:Id="_Timestamp"><wsu:Created>{_utc(made)}</wsu:Created>
            <wsu:Expires>{_utc(made + timedelta(minutes=5))}</wsu:Expires></wsu:Timestamp>
        </wsse:Security>
      </s:Header>
      <s:Body wsu:Id="_Body">{body}</s:Body>
    </s:Envelope>"""
    return etree.fromstring(envelope, etree.XMLParser(huge_tree=True))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sign(
    envelope: etree._Element,
    certificate: x509.Certificate,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    *,
    parts: Sequence[str] = PARTS,
    hash_name: str = "SHA256",
    digest_name: str | None = None,
    canonical: str = "ExclC14N",
    method_uri: str | None = None,
) -> etree._Element:
    """Put token and Signature into the Security header. `method_uri`: the signature method, in place of RSA with
    the hash; libxmlsec1 knows more than its binding names."""
    security = envelope.find("s:Header/wsse:Security", NAMES)
    assert security is not None
    token = etree.SubElement(
        security,
        f"{{{WSSE}}}BinarySecurityToken",
        {"EncodingType": BASE64, "ValueType": X509V3, f"{{{WSU}}}Id": "_Token"},
    )
    token.text = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
    method = getattr(known, f"TransformRsa{hash_name.capitalize()}")
    signature = xmlsec.template.create(envelope, getattr(known, f"Transform{canonical}"), method, ns="ds")
    security.append(signature)
    if method_uri:
        signature[0][1].set("Algorithm", method_uri)
    digest = getattr(known, f"Transform{(digest_name or hash_name).capitalize()}")
    for part in parts:
        reference = xmlsec.template.add_reference(signature, digest, uri=f"#_{part}")
        xmlsec.template.add_transform(reference, known.TransformExclC14N)
    info = xmlsec.template.ensure_key_info(signature)
    holder = etree.SubElement(info, f"{{{WSSE}}}SecurityTokenReference")
    etree.SubElement(holder, f"{{{WSSE}}}Reference", {"URI": "#_Token", "ValueType": X509V3})
    _context(envelope, key).sign(signature)
    # Read anew: lxml does not find nodes by name that libxmlsec made.
    return etree.fromstring(etree.tostring(envelope), etree.XMLParser(huge_tree=True))


def resign(envelope: etree._Element, key: rsa.RSAPrivateKey) -> etree._Element:
    """Sign SignedInfo again, after it was changed by hand."""
    signature = envelope.find(".//ds:Signature", NAMES)
    assert signature is not None
    _context(envelope, key).sign(signature)
    return envelope


def verify(message: bytes) -> None:
    """Verify a signed message by libxmlsec1, with the token in it. Raises xmlsec.Error."""
    envelope = etree.fromstring(message, etree.XMLParser(huge_tree=True))
    signature = envelope.find(".//ds:Signature", NAMES)
    token = envelope.findtext(".//wsse:BinarySecurityToken", namespaces=NAMES)
    assert signature is not None
    assert token
    context = xmlsec.SignatureContext()
    _register(context, envelope)
    context.key = xmlsec.Key.from_memory(base64.b64decode(token), known.KeyDataFormatCertDer, None)
    context.verify(signature)


def signed_parts(message: bytes) -> set[str]:
    """The local names of the elements that a message's references point to."""
    envelope = etree.fromstring(message, etree.XMLParser(huge_tree=True))
    by_id = {node.get(f"{{{WSU}}}Id"): etree.QName(node).localname for node in envelope.iter(etree.Element)}
    return {by_id[(one.get("URI") or "")[1:]] for one in envelope.iterfind(".//ds:Reference", NAMES)}


def to_bytes(envelope: etree._Element) -> bytes:
    """As sent."""
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _context(
    envelope: etree._Element, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
) -> xmlsec.SignatureContext:
    context = xmlsec.SignatureContext()
    _register(context, envelope)
    context.key = _signing_key(key)
    return context


@functools.cache
def _signing_key(key: rsa.RSAPrivateKey) -> xmlsec.Key:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return xmlsec.Key.from_memory(pem, known.KeyDataFormatPem, None)


def _register(context: xmlsec.SignatureContext, envelope: etree._Element) -> None:
    for node in envelope.iter(etree.Element):
        if f"{{{WSU}}}Id" in node.attrib:
            context.register_id(node, "Id", WSU)


def copied(envelope: etree._Element) -> etree._Element:
    """A message to spoil."""
    return deepcopy(envelope)
