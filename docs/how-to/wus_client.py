"""A client of Digipoort's WUS 1.2 interface with zeep, in one file.

pip install zeep xmlsec cryptography
python wus_client.py https://localhost:8443 certificates leverancier factuur.xml Happyflow   # submits
python wus_client.py https://localhost:8443 certificates gemeente   # fetches
"""

import base64
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import xmlsec
import zeep
import zeep.exceptions
import zeep.wsa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

K = "http://logius.nl/digipoort/koppelvlakservices/1.2/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE = f"{OASIS}-wssecurity-secext-1.0.xsd"
WSU = f"{OASIS}-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
X509V3 = f"{OASIS}-x509-token-profile-1.0#X509v3"
BASE64 = f"{OASIS}-soap-message-security-1.0#Base64Binary"
NAMES = {"s": SOAP, "wsa": WSA, "wsse": WSSE, "wsu": WSU, "ds": DS}
ANONYMOUS = f"{WSA}/anonymous"
FINAL = ("210", "311", "321", "410", "500")


class Digikoppeling2WbeS:
    """Signs Body, addressing headers and Timestamp, and verifies what comes back. A zeep `wsse` plugin."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.certificate = x509.load_pem_x509_certificate(certificate.read_bytes())
        self.key = xmlsec.Key.from_file(str(key), xmlsec.constants.KeyDataFormatPem, None)

    def apply(self, envelope: Any, headers: dict[str, str]) -> tuple[Any, dict[str, str]]:
        """Called by zeep when the addressing headers are in place."""
        header, body = envelope.find("s:Header", NAMES), envelope.find("s:Body", NAMES)
        reply_to = etree.SubElement(header, f"{{{WSA}}}ReplyTo")
        etree.SubElement(reply_to, f"{{{WSA}}}Address").text = ANONYMOUS
        security = etree.SubElement(
            header, f"{{{WSSE}}}Security", {f"{{{SOAP}}}mustUnderstand": "1"}, nsmap={"wsse": WSSE, "wsu": WSU}
        )
        parts = [body, *header.findall("wsa:*", NAMES), self._timestamp(security)]
        for number, part in enumerate(parts):
            part.set(f"{{{WSU}}}Id", f"part-{number}")
        self._token(security)
        self._sign(envelope, security, len(parts))
        # Read anew: lxml does not find nodes by name that libxmlsec made.
        return etree.fromstring(etree.tostring(envelope)), headers

    def verify(self, envelope: Any) -> Any:
        """Called by zeep with every answer; faults are not signed."""
        if envelope.find("s:Body/s:Fault", NAMES) is not None:
            return envelope
        token = envelope.findtext(".//wsse:BinarySecurityToken", namespaces=NAMES)
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(base64.b64decode(token), xmlsec.constants.KeyDataFormatCertDer, None)
        self._register(context, envelope)
        context.verify(envelope.find(".//ds:Signature", NAMES))
        signed = {one.get("URI")[1:] for one in envelope.iterfind(".//ds:Reference", NAMES)}
        if envelope.find("s:Body", NAMES).get(f"{{{WSU}}}Id") not in signed:
            raise ValueError("the Body of the answer is not signed")
        return envelope

    def _timestamp(self, security: Any) -> Any:
        now = datetime.now(UTC)
        timestamp = etree.SubElement(security, f"{{{WSU}}}Timestamp")
        for name, moment in (("Created", now), ("Expires", now + timedelta(minutes=5))):
            etree.SubElement(timestamp, f"{{{WSU}}}{name}").text = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return timestamp

    def _token(self, security: Any) -> None:
        named = {"EncodingType": BASE64, "ValueType": X509V3, f"{{{WSU}}}Id": "token"}
        token = etree.SubElement(security, f"{{{WSSE}}}BinarySecurityToken", named)
        token.text = base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()

    def _sign(self, envelope: Any, security: Any, count: int) -> None:
        known = xmlsec.constants
        signature = xmlsec.template.create(envelope, known.TransformExclC14N, known.TransformRsaSha256, ns="ds")
        security.append(signature)
        for number in range(count):
            reference = xmlsec.template.add_reference(signature, known.TransformSha256, uri=f"#part-{number}")
            xmlsec.template.add_transform(reference, known.TransformExclC14N)
        holder = etree.SubElement(xmlsec.template.ensure_key_info(signature), f"{{{WSSE}}}SecurityTokenReference")
        etree.SubElement(holder, f"{{{WSSE}}}Reference", {"URI": "#token", "ValueType": X509V3})
        context = xmlsec.SignatureContext()
        context.key = self.key
        self._register(context, envelope)
        context.sign(signature)

    @staticmethod
    def _register(context: Any, envelope: Any) -> None:
        for node in envelope.xpath("//*[@wsu:Id]", namespaces=NAMES):
            context.register_id(node, "Id", WSU)


def client_of(service: str, base: str, certificates: Path, name: str) -> zeep.Client:
    """A zeep client of one service, from the WSDL that the server gives."""
    certificate, key = (certificates / "clients" / f"{name}{end}.pem" for end in ("", "-key"))
    session = requests.Session()
    session.trust_env = False  # else REQUESTS_CA_BUNDLE goes before `verify`
    session.cert, session.verify = (str(certificate), str(key)), str(certificates / "ca.pem")
    return zeep.Client(
        f"{base}/wus/2.0/{service}/1.2?wsdl",
        transport=zeep.Transport(session=session),
        wsse=Digikoppeling2WbeS(certificate, key),
        plugins=[zeep.wsa.WsAddressingPlugin()],  # Digipoort's WSDLs do not say that zeep has to address requests
    )


def collect(base: str, folder: str, name: str) -> None:
    """Write every message that is new for this recipient to its own file."""
    ophaal = client_of("ophaalservice", base, Path(folder), name)
    for one in ophaal.service.getNieuweBerichtenLijst() or ():
        for bericht in ophaal.service.getBerichtenKenmerk(kenmerk=one.kenmerk) or ():
            file = Path(f"{one.kenmerk}.xml")
            file.write_bytes(bericht.berichtInhoud.inhoud)
            print(f"{file} {bericht.berichtsoort} {bericht.berichtInhoud.bestandsnaam}")


def submit(base: str, folder: str, name: str, document: str, aanleverkenmerk: str) -> None:
    """Submit a document and print its statuses until the last one."""
    certificates = Path(folder)
    aanlever = client_of("aanleverservice", base, certificates, name)
    proof = x509.load_pem_x509_certificate((certificates / "clients" / f"{name}.pem").read_bytes())
    oin = proof.subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER)[0].value
    answer = aanlever.service.aanleveren(
        berichtsoort="E-Factuur-UBL",
        aanleverkenmerk=aanleverkenmerk,
        identiteitBelanghebbende={"nummer": oin, "type": "OIN"},
        rolBelanghebbende="Bedrijf",
        berichtInhoud={
            "mimeType": "application/xml",
            "bestandsnaam": Path(document).name,
            "inhoud": Path(document).read_bytes(),
        },
        autorisatieAdres="http://geenausp.nl",
    )
    print(f"kenmerk {answer.kenmerk}")
    status = client_of("statusinformatieservice", base, certificates, name)
    code, foutcode, quiet = "", None, 0
    while code not in FINAL and foutcode is None and quiet < 4:  # 420 with a foutcode is the last one, too
        time.sleep(0.5)
        new = status.service.getNieuweStatussenProces(kenmerk=answer.kenmerk) or ()
        quiet = 0 if new or code != "400" else quiet + 1  # after 400 an invoice may be done, or 500 may follow
        for one in new:
            code, foutcode = one.statuscode, one.statusFoutcode
            print(f"{one.tijdstempelStatus} {code} {one.statusomschrijving}")
            if foutcode is not None:
                print(f"  {foutcode.foutcode}: {one.statusdetails or foutcode.foutbeschrijving}")
            elif one.statusdetails:
                print(f"  {one.statusdetails}")


if __name__ == "__main__":
    try:
        (collect if len(sys.argv) == 4 else submit)(*sys.argv[1:])
    except zeep.exceptions.Fault as fault:
        code, message = (fault.detail.findtext(f".//{{{K}}}{name}") for name in ("foutcode", "foutbeschrijving"))
        sys.exit(f"fault {code}: {message}")
