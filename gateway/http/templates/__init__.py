"""The layout of every page, and the page of a problem, as Jinja2 templates."""
