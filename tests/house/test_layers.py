"""The rooms: every package and module under gateway/ has its layer, and every channel is independent."""

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
    (contract,) = (one for one in CONTRACTS if one["type"] == "independence")
    folders = (ROOT / "gateway" / "channels").glob("*/channel.py")
    assert set(contract["modules"]) == {f"gateway.channels.{path.parent.name}" for path in folders}
