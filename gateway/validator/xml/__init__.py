"""Untrusted bytes to a checked XML tree: limits, parsing, XML Schema, and where each element is."""
