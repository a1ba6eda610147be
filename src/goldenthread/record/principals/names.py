"""Names of principals, and the file names of their keys."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from goldenthread.promise.errors import ValueProblem

RESERVED = frozenset({"goldenthread", "organisation"})
"""Names that records use for the guard itself and for the chain of the organisation."""

_NAME = re.compile(r"[^\W_][\w.@+:-]*")
_LONGEST_BYTES = 200  # percent-encoded; with its suffix it must fit the 255 bytes of a file name


def check_name(name: str) -> str:
    """
    The name itself, if a principal may have it.

    Raises:
        ValueProblem: Empty, too long, reserved, not in Unicode's NFC form, or other characters than
            letters, digits and `. @ + - _ :`.
    """
    fits = _NAME.fullmatch(name) and unicodedata.is_normalized("NFC", name) and len(_quoted(name)) <= _LONGEST_BYTES
    if not fits or name in RESERVED:
        raise ValueProblem(
            f"'{name}' is no principal's name; it begins with a letter or digit, goes on with these or . @ + - _ :, "
            f"and is not {' or '.join(sorted(RESERVED))}. Write e.g. maya@example.com."
        )
    return name


def look_alike(name: str) -> str:
    """What two names share that a reader takes for the same: compatibility form, case ignored."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def key_file_name(name: str) -> str:
    """
    The file of a principal's private key, safe in any folder: `maya%40example.com.pem`.

    Raises:
        ValueProblem: No principal can have that name.
    """
    return f"{_quoted(check_name(name))}.pem"


def _quoted(name: str) -> str:
    return quote(name, safe="", errors="surrogatepass")
