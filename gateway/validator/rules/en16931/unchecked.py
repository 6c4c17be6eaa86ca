"""What the norm states and the artefact does not check: listed, so that the catalogue has no gaps."""

from gateway.i18n import Text
from gateway.validator.rules.en16931.source import SOURCE
from gateway.validator.rules.forms import unchecked


def _same_reason(what: Text) -> Text:
    return Text(
        "The reason and the reason code of {what} mean the same. The artefact tests true: a program cannot know.",
        what=what,
    )


_NEVER = Text(
    "The Invoice total VAT amount has at most two decimals. The artefact compares the "
    "currency with an element that is never there, so it cannot be broken; UBL-DT-01 counts "
    "the decimals of every amount."
)

UNCHECKED = unchecked(
    SOURCE,
    {
        "BR-CO-05": ("BT-97 BT-98", _same_reason(Text("a document level allowance"))),
        "BR-CO-06": ("BT-104 BT-105", _same_reason(Text("a document level charge"))),
        "BR-CO-07": ("BT-139 BT-140", _same_reason(Text("a line allowance"))),
        "BR-CO-08": ("BT-144 BT-145", _same_reason(Text("a line charge"))),
        "BR-DEC-13": ("BT-110", _NEVER),
        "BR-DEC-15": ("BT-111", _NEVER),
    },
)
