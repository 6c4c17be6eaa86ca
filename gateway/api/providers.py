"""Providers of accounts (OpenID Connect) with which organisations sign their people in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.settings import AccountProvider


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of accounts, with the secret of the gateway's client there."""

    settings: AccountProvider
    secret: str


def open_providers(found: Iterable[AccountProvider]) -> Mapping[str, Provider]:
    """The providers by their id, with their secrets. Raises OSError when a secret cannot be read."""
    return {one.id: Provider(one, one.client_secret_file.read_text("utf-8").strip()) for one in found}
