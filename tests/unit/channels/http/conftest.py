"""The application of the API's tests."""

from tests.unit.api.conftest import application, client, gateway, services

__all__ = ["application", "client", "gateway", "services"]
