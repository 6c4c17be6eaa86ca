"""Hooks of MkDocs for the site: the navigation follows the index, and Mermaid comes from the package mermaidx."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_SECTION = re.compile(r"^## (?P<title>.+)\n(?P<body>(?:(?!## ).*\n?)*)", re.MULTILINE)
_PAGE = re.compile(r"^- \[(?P<title>[^\]]+)\]\((?P<path>[^)#]+\.md)\)", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The navigation: the sections of the index, each with its pages."""
    index = (Path(config.docs_dir) / "README.md").read_text(encoding="utf-8")
    sections: list[Any] = [
        {found["title"]: [{page["title"]: page["path"]} for page in _PAGE.finditer(found["body"])]}
        for found in _SECTION.finditer(index)
    ]
    config.nav = [{"Start": "README.md"}, *sections]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add Mermaid, so that no other site is asked for it."""
    package = find_spec("mermaidx")
    if package is None or package.origin is None:
        raise RuntimeError("mermaidx is not installed: pip install 'meterpoort[docs]'")
    script = Path(package.origin).parent / "assets" / "mermaid.js"
    files.append(File.generated(config, "assets/mermaid.js", content=script.read_bytes()))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links to files outside the documentation become their names."""
    return re.sub(r"\[([^\]]+)\]\((?:\.\./)+(?:deploy|gateway|tests|schemas)[^)]*\)", r"\1", markdown)
