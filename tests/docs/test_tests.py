from __future__ import annotations

import ast
from collections import Counter

from docs.pages import ROOT

FILES = sorted((ROOT / "tests").rglob("*.py"))


def test_every_test_says_in_a_sentence_why_it_matters() -> None:
    """A test that fails years from now is judged by the reason it gives."""
    silent = [
        f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        if not (ast.get_docstring(node) or "").rstrip().endswith((".", "?"))
    ]
    assert silent == []


def test_no_two_test_files_share_a_name() -> None:
    """A failure is reported by its file's name, so the name must say which room it is in."""
    names = Counter(file.name for file in FILES if file.name.startswith("test_"))
    assert [name for name, count in names.items() if count > 1] == []


def test_tests_stand_in_the_rooms_of_the_code() -> None:
    """Whoever changes a room finds its tests without searching."""
    others = {"bench", "browser", "chaos", "conformance", "crash", "docs", "proof"}
    places = {file.relative_to(ROOT / "tests").parts[:-1][:2] for file in FILES if file.name.startswith("test_")}
    rooms = [place for place in places if place and place[0] not in others]
    assert [place for place in rooms if not _is_in_the_code(place)] == []


def _is_in_the_code(place: tuple[str, ...]) -> bool:
    path = ROOT.joinpath("src", "goldenthread", *place)
    return path.is_dir() or path.with_suffix(".py").is_file()
