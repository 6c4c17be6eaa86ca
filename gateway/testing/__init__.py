"""For the tests of people who build on the gateway: `server` starts a whole gateway, `fixtures` does so for
pytest, and `doubles` keep in memory what they are given."""
