"""Pages for people, in Dutch and English, above the API: they use its calls and its services."""
