"""The same running gateway as the tests of the web use."""

from tests.unit.api.conftest import base, client, doors, gateway

__all__ = ["base", "client", "doors", "gateway"]
