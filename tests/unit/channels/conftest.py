"""Fixtures of every channel that sends."""

from tests.unit.recipients import post, recipient

__all__ = ["post", "recipient"]
