"""What the caller prefers: media type, language, waiting (RFC 9110 section 12, RFC 7240)."""

import re
from functools import lru_cache

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?", re.IGNORECASE)


@lru_cache(maxsize=256)
def best_media_type(accept: str, offered: tuple[str, ...]) -> str | None:
    """The offered media type that `Accept` prefers, the first on a tie; None if it excludes all."""
    weighed = [(_weight(media_type, _ranges(accept)), media_type) for media_type in offered]
    weight, best = max(weighed, key=lambda pair: pair[0])
    return best if weight > 0 else None


@lru_cache(maxsize=256)
def best_language(accept_language: str) -> str:
    """`nl` if Dutch is preferred to English, else `en`."""
    ranges = {name.partition("-")[0]: weight for name, weight in reversed(_ranges(accept_language))}
    order = [name.partition("-")[0] for name, _ in _ranges(accept_language)]
    dutch, english = ranges.get("nl", 0.0), ranges.get("en", 0.0)
    if dutch == english:
        return "nl" if dutch > 0 and order.index("nl") < order.index("en") else "en"
    return "nl" if dutch > english else "en"


def preferred_wait_seconds(prefer: str | None, seconds_max: float) -> float:
    """How long the answer should wait for the verdict; 0 if the caller does not ask."""
    wanted = _WAIT.search(prefer) if prefer else None
    return min(float(wanted[1]), seconds_max) if wanted else 0.0


def _weight(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """The weight of the most specific range that matches (RFC 9110, 12.5.1)."""
    if not ranges:
        return 1.0
    weights = dict(ranges)
    main = media_type.partition("/")[0]
    for name in (media_type, f"{main}/*", "*/*"):
        if name in weights:
            return weights[name]
    return 0.0


def _ranges(header: str) -> list[tuple[str, float]]:
    """Each name in the header with its q, at most 32 of them."""
    found = []
    for part in header.split(",")[:32]:
        name, *parameters = part.split(";")
        if name.strip():
            found.append((name.strip().lower(), _quality(parameters)))
    return found


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        key, _, value = parameter.strip().partition("=")
        if key.lower() == "q":
            try:
                return max(0.0, min(1.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
