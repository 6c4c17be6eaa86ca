"""The Cross Industry Invoice: where the terms of the invoice are in it, and the rules on its XML."""
