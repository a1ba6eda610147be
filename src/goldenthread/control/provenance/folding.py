"""One form for many spellings: what is compared is neither case nor invisible."""

from __future__ import annotations

import re
import unicodedata

_BREAKS = re.compile(r"[^\S\n]*\n\s*")
_BLANKS = re.compile(r"[^\S\n]+")


def is_plain(text: str) -> bool:
    """Whether a text is as it looks: nothing invisible in it, nothing that Unicode folds to something else."""
    composed = unicodedata.normalize("NFC", text)
    unseen = any(map(_is_hidden, set(composed) - {"\t", "\n", "\r"}))
    return not unseen and composed == unicodedata.normalize("NFKC", composed)


def tidy(text: str) -> str:
    """A text without what cannot be seen, compatibility forms folded (NFKC), each run of blanks one; case as it is."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    hidden = [character for character in set(text) - {"\t", "\n", "\r"} if _is_hidden(character)]
    if hidden:
        text = text.translate(dict.fromkeys(map(ord, hidden)))
    return _BLANKS.sub(" ", _BREAKS.sub("\n", text)).strip()


def lowered(text: str) -> str:
    """A text in lower case, character by character: every place stays where it was."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := character.lower()) == 1 else character for character in text)


def folded(text: str) -> str:
    """The form that is compared."""
    return lowered(tidy(text))


def _is_hidden(character: str) -> bool:
    """Controls, format characters (zero width, direction marks, tags, soft hyphens) and fillers."""
    return (
        unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn")
        or character in "\u115f\u1160\u3164\uffa0\u034f"
    )
