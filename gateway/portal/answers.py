"""What the routes of pages take and return, as the OpenAPI document and the tests describe it."""

from gateway.api.route import Body, Returns
from gateway.http.answers import FORM, HTML

PAGE = Returns("A page.", media_types=(HTML,))
BACK = {"Location": "The page."}
BACK_TO_PAGE = Returns("Back to the page.", status=303, media_types=(HTML,), headers=BACK)


def form_with(fields: str) -> Body:
    """The form of a page; `fields`: what is in it, in words."""
    return Body(media_types=(FORM,), description=f"The form of the page: {fields}.")
