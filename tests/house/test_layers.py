"""The rooms: every package and module under gateway/ has its layer, and every channel is independent."""

import ast
import re
import tomllib

from tests.house.repository import ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_every_room_has_its_layer() -> None:
    (contract,) = (one for one in CONTRACTS if one["type"] == "layers")
    held = {room.strip() for line in contract["layers"] for room in re.split("[:|]", line)}
    rooms = {f"gateway.{path.parent.name}" for path in (ROOT / "gateway").glob("*/__init__.py")}
    modules = {f"gateway.{path.stem}" for path in (ROOT / "gateway").glob("[!_]*.py")}
    assert rooms | modules == held


def test_every_channel_is_independent_of_the_others() -> None:
    folders = [path.parent for path in (ROOT / "gateway" / "channels").glob("*/channel.py")]
    assert len(folders) >= 3
    for folder in folders:
        others = {f"gateway.channels.{other.name}" for other in folders if other != folder}
        for path in folder.rglob("*.py"):
            nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
            imported = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
            imported |= {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
            packages = {".".join(module.split(".")[:3]) for module in imported}
            assert packages & others == set(), path
