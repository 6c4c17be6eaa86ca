"""The README that `meterpoort ca init` writes with the certificates: English first, then Dutch."""

from gateway.i18n import Text

_TITLE = Text("Test certificates")
_INTRODUCTION = Text("Made by `meterpoort ca init`. For tests only: nobody else trusts these certificates.")
_FILES = {
    "`ca.pem`": Text("root and intermediate: what a client trusts"),
    "`root.pem`, `root-key.pem`": Text("the root"),
    "`intermediate.pem`, `intermediate-key.pem`": Text("the issuer of all others"),
    "`server.pem`, `server-key.pem`": Text("the server, for `localhost`, `127.0.0.1` and `::1`"),
    "`clients/NAME.pem`, `clients/NAME-key.pem`": Text("a client with its OIN, followed by the intermediate"),
    "`clients/NAME.p12`": Text("the same for Windows and Java; password: `meterpoort`"),
    "`crl/*.crl.pem`": Text("the revoked certificates"),
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


def readme() -> str:
    """The text, in Markdown."""
    return "\n".join(_in_language(language) for language in ("en", "nl"))


def _in_language(language: str) -> str:
    def table(head: str, rows: dict[str, Text]) -> str:
        return head + "".join(f"| {names} | {text.in_language(language)} |\n" for names, text in rows.items())

    file, meaning = Text("file").in_language(language), Text("meaning").in_language(language)
    files = table(f"| {file} | {meaning} |\n| --- | --- |\n", _FILES)
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
