"""Pages for people, in Dutch and English: made on the server, no scripts, nothing from elsewhere."""

import jinja2
from markupsafe import Markup, escape

from gateway.portal.style import STYLE
from gateway.validator.report.html import TEMPLATES, chooser

_environment = jinja2.Environment(
    loader=jinja2.ChoiceLoader([jinja2.PackageLoader("gateway.portal", "templates"), TEMPLATES]),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def with_code(text: str) -> Markup:
    """Text with `names` as code elements; everything else is escaped."""
    parts = [str(escape(part)) for part in text.split("`")]
    return Markup("".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)))  # noqa: S704 - escaped above


_environment.filters["code"] = with_code


def rendered(template: str, language: str, **values: object) -> str:
    """The page, in `nl` or `en`."""
    return _environment.get_template(template).render(
        language=language, t=chooser(language), style=STYLE, other="en" if language == "nl" else "nl", **values
    )
