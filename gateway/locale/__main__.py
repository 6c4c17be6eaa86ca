"""`python -m gateway.locale`: bring the catalogue in line with the code (`make messages`)."""

import sys

from gateway.locale.extraction import update_catalogue

if missing := update_catalogue():
    sys.exit("Without a translation:\n" + "\n".join(f"  {text}" for text in missing))
