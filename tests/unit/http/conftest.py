"""The same running gateway as the tests of the web use, and a recipient's server."""

from tests.unit.api.conftest import base, client, doors, gateway
from tests.unit.recipients import post, recipient

__all__ = ["base", "client", "doors", "gateway", "post", "recipient"]
