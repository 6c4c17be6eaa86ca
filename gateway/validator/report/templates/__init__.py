"""The templates of the report: a page, and the parts that the pages of `web` take from it."""
