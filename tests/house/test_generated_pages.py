"""Pages made from the code say what the code says."""

import pytest

from gateway.docs import DOCS, PAGES


@pytest.mark.parametrize("page", PAGES)
def test_page_says_what_the_code_says(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page](), f"run `make docs` to renew docs/{page}"
