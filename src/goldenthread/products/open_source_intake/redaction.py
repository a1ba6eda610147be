"""
What is taken out of a package's evidence, because it states the declared licence instead of showing it.

What remains, on purpose: the licence texts with their own titles ("Apache License, Version 2.0"),
prose inside them that names another licence, and the package's name.
"""

from __future__ import annotations

import re

_TAGS = re.compile(r"(?im)^.*(?:SPDX-[A-Za-z-]*:|License-Expression\s*:).*$\n?")
_LABELS = re.compile(r"(?im)^[\W_]*(?:licen[cs]es?|licensed under)\s*:[^\n]{0,80}$\n?")
_POINTERS = re.compile(r"(/usr/share/common-licenses/)[^\s'\"`,;)]*[A-Za-z0-9+]")
_FAMILIES = re.compile(
    r"(?i)\b(?:[AL]?GPL|MIT|Expat|BSD|0BSD|Apache|ASL|MPL|ISC|PSF|EPL|CDDL|CC0|CC[- ]BY|ZPL|OFL|BSL|AFL|WTFPL"
    r"|Artistic|Unlicen[cs]e|zlib|X11|Mozilla Public|(?:Lesser )?General Public|public[- ]domain)"
    r"(?:[-/ ]?v?\d[\w.]*|[-\w.]*)\+?"
)
_LICENCE_WORD = re.compile(r"(?i)licen[cs]|copyleft|spdx|opensource\.org")


def licence_text(text: str) -> str:
    """A licence text without tags, `License:` lines and the short name in Debian's pointer to its common texts."""
    untagged = _LABELS.sub("", _TAGS.sub("", text))
    return _POINTERS.sub(r"\1", untagged).strip()


def words_about(text: str) -> str:
    """A one-line summary without licence names; empty when it speaks of licences at all."""
    line = " ".join(text.split())[:300]
    return "" if _LICENCE_WORD.search(line) else _FAMILIES.sub("…", line)


def address(text: str) -> str:
    """A homepage, or nothing when its address names a licence."""
    line = text.strip()[:200]
    return "" if _LICENCE_WORD.search(line) or _FAMILIES.search(line) else line
