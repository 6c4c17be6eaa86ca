"""Pages for people, in Dutch and English: rendered on the server, nothing from other sites, and no
scripts but the few files of this gateway, without which every page works too."""

import base64
import hashlib
from collections.abc import Mapping
from functools import partial

import jinja2
from aiohttp import hdrs, web
from markupsafe import Markup, escape

from gateway.http.answers import LANGUAGE_COOKIE, headers
from gateway.http.problems import Problem, printable
from gateway.http.refusals import refusal_of
from gateway.http.style import READABLE, STYLE
from gateway.http.viewer import FORM_TOKEN, PageContext, form_token
from gateway.i18n import format_amount, format_count, format_date, format_moment, format_month
from gateway.validator.report.html import TEMPLATES, template_environment, translator

_STYLE_HASHES = " ".join(
    f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" for style in (STYLE, READABLE)
)
_YEAR_SECONDS = 365 * 86_400
_CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src {_STYLE_HASHES}; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Pages:
    """The templates of a package; they extend `base.html` and may use the parts of the report."""

    def __init__(self, *packages: str) -> None:
        """Each package has a folder `templates`; the first comes first."""
        own = [jinja2.PackageLoader(package) for package in (*packages, "gateway.http")]
        self._environment = template_environment(jinja2.ChoiceLoader([*own, TEMPLATES]))
        self._environment.filters["code"] = with_code

    def render(self, template: str, context: PageContext, **values: object) -> str:
        """The page, in the language of its reader."""
        language, secret = context.language, context.form_secret
        page = self._environment.get_template(template)
        return page.render(
            language=language,
            t=translator(language),
            amount=partial(format_amount, language=language),
            count=partial(format_count, language=language),
            day=partial(format_date, language=language),
            month=partial(format_month, language=language),
            moment=partial(format_moment, language=language),
            style=STYLE,
            readable_style=READABLE,
            other="en" if language == "nl" else "nl",
            other_url=context.other_url,
            viewer=context.viewer,
            here=context.path,
            form_token=token_field(form_token(secret)) if secret else "",
            printable=printable,
            **values,
        )

    def answer(
        self,
        template: str,
        request: web.BaseRequest,
        status: int = 200,
        *,
        is_scripted: bool = False,
        **values: object,
    ) -> web.Response:
        """The page as a response. `is_scripted`: it may run the scripts of this gateway, as files."""
        context = PageContext.of(request)
        policy = f"{_CONTENT_SECURITY_POLICY}; script-src 'self'" if is_scripted else _CONTENT_SECURITY_POLICY
        more = {"Content-Security-Policy": policy}
        return page_answer(self.render(template, context, **values), context, status, more)


def token_field(token: str) -> Markup:
    """The field that every form that changes something holds; templates write it as `form_token`."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FORM_TOKEN, token)


def with_code(text: str) -> Markup:
    """Text with `names` as code elements; everything else is escaped."""
    parts = [str(escape(part)) for part in text.split("`")]
    return Markup("".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)))  # noqa: S704 - escaped above


def page_answer(
    html: str, context: PageContext, status: int = 200, more: Mapping[str, str] | None = None
) -> web.Response:
    """A page for people. A language that was asked for in the address is remembered."""
    every = headers("text/html; charset=utf-8")
    every["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    every["Referrer-Policy"] = "same-origin"  # without any, browsers hide from us that a form is from our own page
    every[hdrs.VARY] = "Accept, Accept-Language, Cookie"
    every[hdrs.CONTENT_LANGUAGE] = context.language
    every.update(more or {})
    answer = web.Response(body=html.encode(), status=status, headers=every)
    if context.keeps_language:
        answer.set_cookie(LANGUAGE_COOKIE, context.language, max_age=_YEAR_SECONDS, httponly=True, samesite="Lax")
    return answer


_PAGES = Pages("gateway.http")


def problem_html(kind: type[Problem], context: PageContext, problem: Problem | None = None) -> str:
    """The page on a kind of problem; with `problem`, on one case of it."""
    return _PAGES.render("problem.html", context, kind=kind, problem=problem)


def problem_page(request: web.BaseRequest, problem: Problem) -> web.Response:
    """The problem as a page: for people, or for makers of programs that read it in a browser."""
    context = PageContext.of(request)
    if request.path == "/" or request.path.startswith("/portal"):
        html = _PAGES.render("refusal.html", context, problem=problem, refusal=refusal_of(problem))
    else:
        html = problem_html(type(problem), context, problem)
    return page_answer(html, context, problem.status, problem.headers)
