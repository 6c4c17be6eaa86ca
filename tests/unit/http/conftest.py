"""The same running gateway as the tests of the web use, and a recipient's server."""

from tests.unit.api.conftest import base, client, gateway, services
from tests.unit.recipients import post, recipient

__all__ = ["base", "client", "gateway", "post", "recipient", "services"]
