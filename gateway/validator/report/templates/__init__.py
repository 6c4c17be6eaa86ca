"""The templates of the report: a page of its own, and the parts that the pages of `web` take from it."""
