"""Text as a file has to hold it, so that YAML reads the same text back."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[A-Za-z0-9](?:[^:#\"'\\\r\n\t]*[^:#\"'\\\s])?")
_NOT_TEXT = re.compile(r"true|false|null|yes|no|on|off|[0-9][0-9_.,exob+-]*", re.IGNORECASE)


def scalar(text: str) -> str:
    """As it is where every reader of YAML takes it for the same text, else in double quotes."""
    if _PLAIN.fullmatch(text) and not _NOT_TEXT.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=False)
