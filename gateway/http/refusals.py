"""What a page says to a person when something does not work: what happened, and what to do."""

from typing import NamedTuple

from gateway.http import problems
from gateway.http.problems import Problem
from gateway.i18n import Text


class PageRefusal(NamedTuple):
    """A heading and what to do; `happened` instead of the problem's own sentence, which is for programs."""

    title: Text
    remedy: Text
    happened: Text | None = None


_LATER = Text("Wait a moment and try again. If it stays, call the operator of this gateway.")
_AGAIN = Text("Go back, load the page again, and then do it once more.")
_SMALLER = Text("Choose a smaller file, or fewer attachments. Nothing was stored or sent.")
_OF_KIND: dict[type[Problem], PageRefusal] = {
    problems.UnknownAddress: PageRefusal(
        Text("This page does not exist"),
        Text("Check the address, or begin at your first page."),
        Text("There is no page at this address."),
    ),
    problems.StoreUnavailable: PageRefusal(
        Text("The gateway cannot store anything now"),
        _LATER,
        Text("Its storage is full or away. What you sent was not stored; what was stored before is safe."),
    ),
    problems.InvalidInput: PageRefusal(
        Text("Something is not right"), Text("Go back, correct what is named here, and try again.")
    ),
}
_OF_STATUS: dict[int, PageRefusal] = {
    400: PageRefusal(Text("The form did not come in whole"), _AGAIN),
    403: PageRefusal(
        Text("You may not do this"),
        Text(
            "Go back to your own pages, or sign in as somebody who may. Open a form again that is from before you "
            "signed in."
        ),
    ),
    404: PageRefusal(
        Text("Not found"),
        Text("It does not exist, or it is not yours to see. Check the address, or search in your own pages."),
    ),
    405: PageRefusal(Text("This address is of a form"), _AGAIN, Text("There is no page to show at this address.")),
    409: PageRefusal(
        Text("It has changed meanwhile"),
        Text(
            "Go back and load the page again: somebody may have been first. Then see whether it is still needed."
        ),
    ),
    413: PageRefusal(Text("This is too large"), _SMALLER),
    415: PageRefusal(Text("The form did not come in whole"), _AGAIN),
    429: PageRefusal(Text("Too many tries"), _LATER),
    503: PageRefusal(Text("The gateway is busy"), _LATER),
}
_ELSE = PageRefusal(
    Text("Something went wrong here"),
    Text("Try again later. If it stays, give the operator of this gateway the reference."),
    Text("This is not because of what you did."),
)


def refusal_of(problem: Problem) -> PageRefusal:
    """What to say of it to a person."""
    return _OF_KIND.get(type(problem)) or _OF_STATUS.get(problem.status, _ELSE)
