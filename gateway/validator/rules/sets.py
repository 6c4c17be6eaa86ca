"""The rule sets by name, and how they combine."""

from gateway.validator.rules.basisfactuur import BR_NL_BFR
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.nlcius import BR_NL

NLCIUS = EN16931 | BR_NL
"""SI-UBL 2.0 as published, on the current EN 16931 (the artefact itself carries an older one)."""

BASISFACTUUR = EN16931 | BR_NL_BFR
"""For recipients at the Rijk that ask for the basisfactuur. An NLCIUS document meets the Dutch rules as well,
because it claims them; a basisfactuur may also be a Peppol invoice."""
