"""Names of slices out of names of activities, and those names as they can be shown."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 48
_SHOWN = 80


def shown(text: str, most: int = _SHOWN) -> str:
    """
    A name of a log as it may stand in a sentence, a comment or a file: one line, all of it seen, and not too long.

    Whoever wrote into the log may have put line feeds, escapes for a terminal or marks of direction into a name.
    """
    line = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in " ".join(text.split()))
    return line if len(line) <= most else f"{line[: most - 3]}..."


def slug(text: str) -> str:
    """`Take in charge ticket` becomes `take-in-charge-ticket`; what no letter is left of becomes `part`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    while len(words) > 1 and (len("-".join(words)) > _LONGEST or not words[0][0].isalpha()):
        words = words[1:] if not words[0][0].isalpha() else words[:-1]
    name = "-".join(words)[:_LONGEST].strip("-")
    return name if name and name[0].isalpha() else "part"


def distinct(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken; taken from then on."""
    number, tried = 1, name
    while tried in taken:
        number += 1
        tried = f"{name}-{number}"
    taken.add(tried)
    return tried
