"""The documentation as a site: every page is in it, every link leads somewhere, nothing comes from other sites."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.house.repository import ROOT, pages


def test_the_site_is_whole(tmp_path: Path) -> None:
    """The site as `make docs` builds it, once; a link that leads nowhere is an error."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    _has_every_page(tmp_path)
    _asks_nothing_of_other_sites(tmp_path)
    _draws_diagrams_by_its_own_copy(tmp_path)


def _has_every_page(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    for page in pages():
        if page.parts[0] == "docs" and page.name != "README.md":
            name = str(page.relative_to("docs").with_suffix(".html"))
            assert (site / name).exists(), name
            assert f'"{name}"' in index, f"{name} cannot be searched for"


def _asks_nothing_of_other_sites(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert re.findall(r'<(?:script|img|iframe)[^>]+src="https?:[^"]+"', text) == [], page
        assert re.findall(r'<link[^>]+rel="(?:stylesheet|preconnect)"[^>]+href="https?:[^"]+"', text) == [], page


def _draws_diagrams_by_its_own_copy(site: Path) -> None:
    for name in ("explanation/architecture.html", "explanation/billing.html"):
        text = (site / name).read_text(encoding="utf-8")
        assert '<pre class="mermaid">' in text
        assert "assets/mermaid.js" in text
    assert (site / "assets" / "mermaid.js").stat().st_size > 1_000_000
