from __future__ import annotations

import re
from collections.abc import Iterator

from docs.pages import DOCS
from goldenthread.promise.errors import GoldenthreadError

_ENTRY = re.compile(r"^### `(?P<code>[a-z-]+)`\n\n(?P<body>.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)


def _tree(error: type[GoldenthreadError] = GoldenthreadError) -> Iterator[type[GoldenthreadError]]:
    yield error
    for child in error.__subclasses__():
        if child.__module__ == GoldenthreadError.__module__:
            yield from _tree(child)


def _entries() -> dict[str, str]:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    return {found["code"]: found["body"].strip() for found in _ENTRY.finditer(text)}


def test_every_code_has_an_entry_and_every_entry_a_code() -> None:
    """Whoever looks up a code must find it; an entry of a code that is gone misleads."""
    assert sorted(_entries()) == sorted({error.code for error in _tree()})


def test_codes_are_stable_names_that_no_two_errors_share() -> None:
    """Programs branch on the code, so it names one error only."""
    codes = [error.code for error in _tree()]
    assert len(codes) == len(set(codes))
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []


def test_every_entry_says_what_it_means_and_what_to_do_next() -> None:
    """An error without a next step leaves its reader alone with it."""
    assert [code for code, body in _entries().items() if not re.search(r"^\*\*Next\.\*\* \w", body, re.MULTILINE)] == []
    assert [code for code, body in _entries().items() if body.startswith("**Next.**")] == []


def test_every_error_says_in_one_line_what_it_is() -> None:
    """The tree is read as the opening page of the code."""
    assert [error.__name__ for error in _tree() if not error.__doc__] == []
