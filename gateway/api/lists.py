"""Lists in pages: how many items, and where the next page is."""

from aiohttp import hdrs

from gateway.api.call import Call
from gateway.http import problems
from gateway.http.problems import Fault
from gateway.i18n import Text

_FOREIGN_CURSOR = Text("is not one that this gateway gave")


def page_limit(call: Call, wanted: int | None) -> int:
    """How many items to give. Raises InvalidInput above the maximum."""
    lists = call.services.page_sizes
    if wanted is not None and wanted > lists.items_max:
        raise problems.InvalidInput((Fault("query", "limit", at_most(f"{lists.items_max}")),))
    return wanted or lists.items_default


def bad_cursor() -> problems.InvalidInput:
    """The problem for a cursor that this gateway did not give."""
    return problems.InvalidInput((Fault("query", "cursor", _FOREIGN_CURSOR),))


def at_most(limit: str) -> Text:
    """What to say of a figure above its limit."""
    return Text("is at most {limit}", limit=limit)


def next_page(call: Call, cursor: str | None) -> str | None:
    """The address of the next page: this one's, with the cursor."""
    if cursor is None:
        return None
    return str(call.request.rel_url.update_query(cursor=cursor))


def link_header(following: str | None) -> dict[str, str]:
    """RFC 8288's Link to the next page, if there is one."""
    return {hdrs.LINK: f'<{following}>; rel="next"'} if following else {}
