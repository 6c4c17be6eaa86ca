"""Pages of resources, as Jinja2 templates."""
