from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from docs.pages import DOCS, ROOT
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


def _texts(node: ast.AST) -> list[str]:
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def _words_of_errors() -> dict[str, list[str]]:
    """By error, every three words in a row of what it says where it is raised."""
    found: dict[str, list[str]] = {}
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                said = [text.split() for text in map(str, _texts(node))]
                threes = [" ".join(words[i : i + 3]) for words in said for i in range(len(words) - 2)]
                found.setdefault(node.func.id, []).extend(three for three in threes if len(three) >= 12)
    return found


def _words_of_tests() -> str:
    files = [file for file in (ROOT / "tests").rglob("*.py") if file != Path(__file__)]
    texts = [text for file in files for text in _texts(ast.parse(file.read_text(encoding="utf-8")))]
    texts += [file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("*.txt")]
    return re.sub(r"\\(.)", r"\1", " ".join(texts))


def test_every_error_is_raised_somewhere_and_some_test_knows_its_words() -> None:
    """An error that nothing raises is a promise without a keeper; one whose words nobody reads may say anything."""
    raised, tested = _words_of_errors(), _words_of_tests()
    leaves = [error.__name__ for error in _tree() if not error.__subclasses__()]
    assert [name for name in leaves if name not in raised] == []
    unread = [name for name in leaves if raised.get(name) and not any(three in tested for three in raised[name])]
    assert unread == []
