"""The rooms: every package under gateway/ has its layer."""

import tomllib

from tests.house.repository import ROOT


def test_every_room_has_its_layer() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    held = {room.strip() for line in contract["layers"] for room in line.split(":")}
    rooms = {f"gateway.{path.parent.name}" for path in (ROOT / "gateway").glob("*/__init__.py")}
    assert rooms - held == {"gateway.demo"}, "the demo uses the gateway from outside"
