"""Cookies with a secret: not for scripts, not for other sites, and on TLS not over plain HTTP."""

from aiohttp import web

from gateway.http.base_url import BaseUrl


def secret_of(request: web.BaseRequest, base_url: BaseUrl, name: str) -> str:
    """What the cookie holds; empty when there is none."""
    return request.cookies.get(_full_name(base_url, name), "")


def set_secret(answer: web.Response, base_url: BaseUrl, name: str, secret: str) -> None:
    """Give the browser the cookie, until it is closed. Lax: a link in an e-mail opens signed in."""
    answer.set_cookie(
        _full_name(base_url, name), secret, httponly=True, samesite="Lax", secure=_is_secure(base_url), path="/"
    )


def forget_secret(answer: web.Response, base_url: BaseUrl, name: str) -> None:
    """Take the cookie away."""
    answer.del_cookie(
        _full_name(base_url, name), httponly=True, samesite="Lax", secure=_is_secure(base_url), path="/"
    )


def _is_secure(base_url: BaseUrl) -> bool:
    return base_url.url.startswith("https:")


def _full_name(base_url: BaseUrl, name: str) -> str:
    """With the prefix that keeps other hosts of the domain from setting it (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{name}" if _is_secure(base_url) else name
