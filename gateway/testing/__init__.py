"""For the tests of people who build on the gateway: `server` starts a whole gateway, and `fixtures` does so for
pytest."""
