"""Mutual TLS: the files it needs, the server's side of it, and fetching revocation data over HTTP.

Digikoppeling Beveiligingsstandaarden: TLS 1.2 is the least (TLS005), 1.3 is better; a client certificate is
required. OpenSSL refuses at the handshake what does not lead to the anchors or is out of date; revocation, key and
OIN are checked by `http.client_certificate`, where a refusal can be explained.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout
from cryptography.exceptions import UnsupportedAlgorithm

from gateway.bounded import read_bounded
from gateway.pki.certificates import load_certificates, load_key

_CRL_BYTES_MAX = 16 * 1024 * 1024
_FETCH_SECONDS_MAX = 5.0


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A folder as `meterpoort ca init` writes it; with PKIoverheid's certificates it has the same names."""

    directory: Path

    @property
    def server_chain(self) -> Path:
        """The server's certificate and the intermediates after it."""
        return self.directory / "server.pem"

    @property
    def server_key(self) -> Path:
        """The server's key: for TLS and for signing answers."""
        return self.directory / "server-key.pem"

    @property
    def anchors(self) -> Path:
        """The roots that are trusted, and intermediates that help to build a path."""
        return self.directory / "ca.pem"

    @property
    def crls(self) -> Path:
        """Folder with lists of revoked certificates; where it has none of an issuer, its list is fetched."""
        return self.directory / "crl"

    def problem(self) -> str | None:
        """What is missing or cannot be read, as a sentence, or None."""
        required = (self.server_chain, self.server_key, self.anchors)
        if missing := [path.name for path in required if not path.is_file()]:
            return f"{self.directory} has no {', '.join(missing)}; `meterpoort ca init` makes them"
        for path in required:
            try:
                _ = load_key(path) if path == self.server_key else load_certificates(path)
            except (ValueError, TypeError, UnsupportedAlgorithm) as error:
                return f"{path} cannot be read: {error}"
        return None


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """TLS 1.2 or better, a client certificate required, only our own anchors."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.server_chain, files.server_key)
    context.load_verify_locations(files.anchors)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(files: TlsFiles | None) -> ssl.SSLContext:
    """For requests to recipients: trusts the public authorities and our anchors, and shows our certificate."""
    context = ssl.create_default_context()
    if files is not None:
        context.load_verify_locations(files.anchors)
        context.load_cert_chain(files.server_chain, files.server_key)
    return context


class HttpFetch:
    """Gets CRLs and asks OCSP responders; an async context manager. Redirects are not followed."""

    async def __aenter__(self) -> "HttpFetch":
        self._session = ClientSession(timeout=ClientTimeout(total=_FETCH_SECONDS_MAX))
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._session.close()

    async def __call__(self, url: str, body: bytes | None) -> bytes:
        """The answer's bytes. Raises OSError or TimeoutError."""
        method = "GET" if body is None else "POST"
        headers = {} if body is None else {"Content-Type": "application/ocsp-request"}
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise OSError(f"{url} answered {response.status}")
                data = await read_bounded(response.content, _CRL_BYTES_MAX)
                if len(data) > _CRL_BYTES_MAX:
                    raise OSError(f"{url} answered too much")
                return data
        except ClientError as error:
            raise OSError(f"{url}: {type(error).__name__}") from error
