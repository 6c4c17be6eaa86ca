"""What the rules of Peppol are taken from, all of one publication."""

from functools import partial

from gateway.validator.rules import asserts

SOURCE = "OpenPEPPOL 2026.5"
assertion = partial(asserts.assertion, source=SOURCE)
