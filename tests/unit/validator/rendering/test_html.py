"""The page in a browser: axe-core finds no barrier, in both colour schemes and on a small screen.

It needs Chromium and axe-core; `make system` installs both where that is possible.
"""

import html as markup
import json
import re
import subprocess
from pathlib import Path

import pytest

import gateway
from tests.browser import AXE, CHROMIUM, WCAG, needs_browser
from tests.samples import sample

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
DARK = ("--force-dark-mode", "--blink-settings=preferredColorScheme=0")
WRONG = sample("nlcius-invoice-full").replace(b'unitCode="HUR"', b'unitCode="UUR"')
pytestmark = needs_browser


def barriers(page: str, folder: Path, *options: str) -> list[str]:
    """What axe-core finds wrong with a page by WCAG 2.2 AA."""
    run = f"axe.run(document, {json.dumps(WCAG)}).then(found => document.title = JSON.stringify(found.violations))"
    script = f"<script>{AXE.read_text('utf-8')}</script><script>{run}</script></body>"
    (folder / "page.html").write_text(_POLICY.sub("", page).replace("</body>", script), "utf-8")
    dumped = subprocess.run(
        [
            *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", *options),
            *("--virtual-time-budget=20000", "--dump-dom", (folder / "page.html").as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    title = markup.unescape(re.findall(r"<title>(.*?)</title>", dumped, re.DOTALL)[0])
    return [f"{one['id']}: {node['html'][:200]}" for one in json.loads(title) for node in one["nodes"]]


@pytest.mark.parametrize("document", [WRONG, sample("order")], ids=["invoice", "order"])
@pytest.mark.parametrize("options", [("--window-size=390,1200",), DARK], ids=["small", "dark"])
def test_there_is_no_barrier(document: bytes, options: tuple[str, ...], tmp_path: Path) -> None:
    assert barriers(gateway.show(document, "html", language="nl").decode(), tmp_path, *options) == []


def test_a_barrier_would_be_found(tmp_path: Path) -> None:
    page = gateway.show(sample("nlcius-credit-note"), "html").decode()
    assert barriers(page, tmp_path) == []
    faint = page.replace("--quiet:#b3bfcc", "--quiet:#333a42").replace("--quiet:#4c5866", "--quiet:#d0d0d0")
    assert any(one.startswith("color-contrast") for one in barriers(faint, tmp_path))
    assert any(one.startswith("color-contrast") for one in barriers(faint, tmp_path, *DARK))
