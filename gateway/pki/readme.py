"""The README that `meterpoort ca init` writes with the certificates: English first, then Dutch."""

from gateway.i18n import Text
from gateway.pki.generation import G1, G4, Generation

_TITLE = Text("Test certificates")
_INTRODUCTION = Text("Made by `meterpoort ca init`. For tests only: nobody else trusts these certificates.")
_AUTHORITIES = {
    G1: {
        "`ca.pem`": Text("root and intermediate: what a client trusts"),
        "`root.pem`, `root-key.pem`": Text("the root"),
        "`intermediate.pem`, `intermediate-key.pem`": Text("the issuer of all others"),
        "`server.pem`, `server-key.pem`": Text("the server, for `localhost`, `127.0.0.1` and `::1`"),
    },
    G4: {
        "`ca.pem`": Text("roots and intermediates: what a client trusts"),
        "`tls-root.pem`, `tls-domain.pem`, `tls-issuer.pem`": Text("the authorities above the server"),
        "`other-root.pem`, `other-domain.pem`, `other-issuer.pem`": Text("the authorities above the clients"),
        "`server.pem`, `server-key.pem`": Text(
            "the server, for `localhost`; G4 certificates name no IP addresses"
        ),
    },
}
_FILES = {
    "`clients/NAME.pem`, `clients/NAME-key.pem`": Text("a client with its OIN, followed by its issuers"),
    "`clients/NAME.p12`": Text("the same for Windows and Java; password: `meterpoort`"),
    "`crl/*.crl.pem`": Text("the revoked certificates; `meterpoort ca revoke` adds to them"),
    "`bad/`": Text("certificates that must be refused; the name says why"),
}
_CLIENTS = {
    "`leverancier` | 00000003274185620000": Text("company, KvK {number}", number="27418562"),
    "`leverancier-2` | 00000003381902460000": Text("company, KvK {number}", number="38190246"),
    "`softwarehuis` | 00000003615027930000": Text("intermediary, KvK {number}", number="61502793"),
    "`gemeente` | 00000099000000001000": Text("municipality"),
    "`gemeente-2` | 00000099000000002000": Text("municipality"),
    "`provincie` | 00000099000000003000": Text("province"),
    "`ministerie` | 00000099000000004000": Text("ministry, of the Rijk"),
}
_TRIAL = Text("To try them, start `meterpoort serve --sandbox --tls THIS_FOLDER --port 8443`, and then:")
_WARNING = Text("The keys are not encrypted: use this folder for nothing else.")


def readme(generation: Generation) -> str:
    """The text, in Markdown."""
    authorities = _AUTHORITIES[G1 if generation.pss is None else G4]
    return "\n".join(_in_language(language, {**authorities, **_FILES}) for language in ("en", "nl"))


def _in_language(language: str, described: dict[str, Text]) -> str:
    def table(head: str, rows: dict[str, Text]) -> str:
        return head + "".join(f"| {names} | {text.in_language(language)} |\n" for names, text in rows.items())

    file, meaning = Text("file").in_language(language), Text("meaning").in_language(language)
    files = table(f"| {file} | {meaning} |\n| --- | --- |\n", described)
    clients = table("| client | OIN | |\n| --- | --- | --- |\n", _CLIENTS)
    return f"""\
# {_TITLE.in_language(language)}

{_INTRODUCTION.in_language(language)}

{files}
{clients}
{_TRIAL.in_language(language)}

    curl --cacert ca.pem --cert clients/leverancier.pem --key clients/leverancier-key.pem \\
      'https://localhost:8443/wus/2.0/aanleverservice/1.2?wsdl'

{_WARNING.in_language(language)}
"""
