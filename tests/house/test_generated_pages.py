"""Pages made from the code say what the code says."""

import pytest

from gateway.docs import DOCS, PAGES, PICTURES, index_page, picture_of, portal_page, portal_routes

ALL = PAGES | {"README.md": index_page}


@pytest.mark.parametrize("page", ALL)
def test_page_says_what_the_code_says(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == ALL[page](), f"run `make docs` to renew docs/{page}"


def test_every_page_of_the_portal_has_its_picture_and_no_other_is_left() -> None:
    """`make pictures` makes them. Some addresses only lead on to a page."""
    without = {route.path for route in portal_routes() if not (PICTURES / picture_of(route.path)).exists()}
    sign_in = "/portal/sign-in/{provider}"
    assert without == {"/portal", "/portal/links/{token}", sign_in, f"{sign_in}/back"}
    assert [one.name for one in PICTURES.iterdir() if f"/{one.name})" not in portal_page()] == []
    assert [one.name for one in PICTURES.iterdir() if one.stat().st_size > 100_000] == []
