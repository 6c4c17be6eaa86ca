"""The XML schemas that are ours, and the catalogue of those that come from packages."""
