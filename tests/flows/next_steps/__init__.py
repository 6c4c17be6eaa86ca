"""The steps of a version after this one, for tests: what the rule for steps allows while both versions run."""
