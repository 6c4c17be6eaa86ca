"""Pages made from the code say what the code says."""

import pytest

from gateway.docs import DOCS, PAGES, index_page

ALL = PAGES | {"README.md": index_page}


@pytest.mark.parametrize("page", ALL)
def test_page_says_what_the_code_says(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == ALL[page](), f"run `make docs` to renew docs/{page}"
