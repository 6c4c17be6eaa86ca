"""The rooms: every package under gateway/ has its import contract."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_room_has_its_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    held = {
        source
        for contract in settings["tool"]["importlinter"]["contracts"]
        for source in contract["source_modules"]
    }
    rooms = {f"gateway.{path.parent.name}" for path in (ROOT / "gateway").glob("*/__init__.py")}
    assert held == rooms - {"gateway.app"}, "app alone knows every room"
