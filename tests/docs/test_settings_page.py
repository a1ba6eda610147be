from __future__ import annotations

import re

from docs.pages import DOCS, ROOT

_READ = re.compile(r"""(?:environ(?:\.get\(|\[)|getenv\()\s*["'](?P<name>[A-Z_]+)["']""")
_INDIRECT = re.compile(r"""["'](?P<name>GOLDENTHREAD_[A-Z_]+)["']""")
_ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \|", re.MULTILINE)
_OF_THE_SYSTEM = {"PATH"}


def _read_by_the_code() -> set[str]:
    text = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "src").rglob("*.py"))
    return {found["name"] for form in (_READ, _INDIRECT) for found in form.finditer(text)} - _OF_THE_SYSTEM


def _read_by_the_tools() -> set[str]:
    """What the Makefile, the tests' setup and `.ci/run` look at."""
    files = (ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / "tests" / "browser" / "conftest.py")
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    settings = set(re.findall(r"^([A-Z_]+) \?=", text, re.MULTILINE))
    return settings | {found["name"] for found in _READ.finditer(text)}


def test_every_setting_is_documented_and_no_other() -> None:
    """A setting that only the code knows is found by accident; one that only the page knows does nothing."""
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    assert sorted(_ROW.findall(page)) == sorted(_read_by_the_code() | _read_by_the_tools())
