"""What the routes of pages take and return, as the OpenAPI document and the tests describe it; the templates."""

from typing import Annotated

from msgspec import Meta

from gateway.api.route import Body, Returns
from gateway.api.schema import LanguageQuery, Year
from gateway.billing.rating.services import Service
from gateway.http.answers import FORM, HTML
from gateway.http.pages import Pages

PAGES = Pages("gateway.portal", "gateway.api")
PAGE = Returns("A page.", media_types=(HTML,))
BACK = {"Location": "The page."}
BACK_TO_PAGE = Returns("Back to the page.", status=303, media_types=(HTML,), headers=BACK)


class DoneQuery(LanguageQuery, frozen=True, rename="camel"):
    """`done`: what a form asked is done; `page`: of a long table."""

    done: bool = False
    page: Annotated[int, Meta(ge=1, le=100_000)] = 1


class YearQuery(LanguageQuery, frozen=True, rename="camel"):
    """Which calendar year; the present one where none is named."""

    year: Year | None = None


class ServiceYearQuery(YearQuery, frozen=True, rename="camel"):
    """And of which service."""

    service: Service = Service.DIGIPOORT


def form_with(fields: str) -> Body:
    """The form of a page; `fields`: what is in it, in words."""
    return Body(media_types=(FORM,), description=f"The form of the page: {fields}.")
