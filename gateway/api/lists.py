"""Pages of lists."""

from collections.abc import Callable

import msgspec
from aiohttp import hdrs, web

from gateway.api.call import Call
from gateway.api.schema import PageLinks
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text

_FOREIGN_CURSOR = Text("is not from this gateway")


def page_limit(call: Call, wanted: int | None) -> int:
    """The number of items on a page. Raises InvalidInput above the maximum."""
    sizes = call.services.http
    if wanted is not None and wanted > sizes.page_items_max:
        raise problems.InvalidInput((Fault("query", "limit", at_most(f"{sizes.page_items_max}")),))
    return wanted or sizes.page_items_default


def bad_cursor() -> problems.InvalidInput:
    """The problem for a cursor that is not from this gateway."""
    return problems.InvalidInput((Fault("query", "cursor", _FOREIGN_CURSOR),))


def at_most(limit: str) -> Text:
    """The reason for a figure above its limit."""
    return Text("is at most {limit}", limit=limit)


def next_page(call: Call, cursor: str | None) -> str | None:
    """The URL of the next page: that of this one, with the cursor."""
    if cursor is None:
        return None
    return str(call.request.rel_url.update_query(cursor=cursor).without_query_params("newer"))


def page_answer(
    call: Call, cursor: str | None, page: Callable[..., msgspec.Struct], **members: object
) -> web.Response:
    """One page of a list; `cursor` is where the next begins."""
    following = next_page(call, cursor)
    return json_answer(page(**members, links=PageLinks(next=following)), more=link_header(following))


def link_header(following: str | None) -> dict[str, str]:
    """The Link header (RFC 8288) to the next page, if there is one."""
    return {hdrs.LINK: f'<{following}>; rel="next"'} if following else {}
