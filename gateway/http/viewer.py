"""Who looks at a page, and the address of the page: what the layout of every page shows."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from gateway.http.answers import LANGUAGE_COOKIE, language_of
from gateway.i18n import Text

FORM_TOKEN = "formToken"  # noqa: S105 - the name of a field
"""The field of every form that says: this form is from a page of ours, for this browser."""


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A page of the menu."""

    path: str
    name: Text
    is_current: bool


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks. `is_signed_in`: in a session, which can be ended; else it sends a key with each request."""

    name: str
    role: Text
    menu: Sequence[MenuItem] = ()
    is_signed_in: bool = False
    is_sandbox: bool = False
    """Whether every message here is a test."""


VIEWER = web.RequestKey("viewer", Viewer)
"""Set on a request for a page when its caller is known."""
FORM_SECRET = web.RequestKey("form_secret", str)
"""Set on a request of a browser that has a cookie of ours: what it holds."""


@dataclass(frozen=True, slots=True)
class PageContext:
    """What the layout of a page needs of the request: `other_url` is the same page in the other language."""

    language: str
    other_url: str
    path: str
    viewer: Viewer | None
    keeps_language: bool
    form_secret: str = field(default="", repr=False)

    @classmethod
    def of(cls, request: web.BaseRequest) -> "PageContext":
        """That of this request."""
        language = language_of(request)
        other = "en" if language == "nl" else "nl"
        return cls(
            language=language,
            other_url=str(request.rel_url.update_query(lang=other)),
            path=request.path_qs,
            viewer=request.get(VIEWER),
            keeps_language=request.query.get("lang") == language != request.cookies.get(LANGUAGE_COOKIE),
            form_secret=request.get(FORM_SECRET, ""),
        )


def form_token(secret: str) -> str:
    """What the forms of a browser with this secret in its cookie hold; it does not tell the secret."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()
