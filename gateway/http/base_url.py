"""Where the gateway is, for links to itself."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(slots=True)
class BaseUrl:
    """The gateway's address, both values without a slash at the end. Never taken from a request: the `type` of a
    problem must be the same for every caller."""

    public_url: str = ""
    """How clients outside reach the gateway, from the settings; empty if not set."""
    own_url: str = ""
    """Where the gateway listens; known once it does."""

    @property
    def url(self) -> str:
        """The public address, or else where it listens."""
        return self.public_url or self.own_url


def base_url_of(request: web.BaseRequest, public_url: str) -> str:
    """The address for examples on a page: the public one, or else the one this request was sent to."""
    return public_url or f"{request.scheme}://{request.host}"
