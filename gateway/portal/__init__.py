"""Pages for people, in Dutch and English."""
