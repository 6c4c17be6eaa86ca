"""What the norm states and the artefact does not check: listed, so that the catalogue has no gaps."""

from gateway.i18n import Text
from gateway.validator.rules.en16931.source import SOURCE
from gateway.validator.rules.forms import unchecked


def _same_reason(en: str, nl: str) -> Text:
    return Text(
        f"The reason and the reason code of {en} mean the same. The artefact tests true: a program cannot know.",
        f"De reden en de redencode van {nl} betekenen hetzelfde. De officiële regel keurt alles goed: een "
        "programma kan dit niet weten.",
    )


_NEVER = Text(
    "The Invoice total VAT amount has at most two decimals. The artefact compares the "
    "currency with an element that is never there, so it cannot be broken; UBL-DT-01 counts "
    "the decimals of every amount.",
)

UNCHECKED = unchecked(
    SOURCE,
    {
        "BR-CO-05": ("BT-97 BT-98", _same_reason("a document level allowance", "een korting op de factuur")),
        "BR-CO-06": ("BT-104 BT-105", _same_reason("a document level charge", "een toeslag op de factuur")),
        "BR-CO-07": ("BT-139 BT-140", _same_reason("a line allowance", "een korting op de regel")),
        "BR-CO-08": ("BT-144 BT-145", _same_reason("a line charge", "een toeslag op de regel")),
        "BR-DEC-13": ("BT-110", _NEVER),
        "BR-DEC-15": ("BT-111", _NEVER),
    },
)
