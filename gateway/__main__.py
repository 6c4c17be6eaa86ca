"""`python -m gateway` is the `meterpoort` command."""

from gateway.cli import main

if __name__ == "__main__":
    main(prog_name="meterpoort")
