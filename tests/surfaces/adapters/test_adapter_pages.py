from __future__ import annotations

from pathlib import Path

import pytest

from docs.pages import ROOT
from docs.worked import WORKED, needs, work
from surfaces.adapters.bench import installed

COMMAND = """\
#!/bin/sh
exec python -c 'from goldenthread.surfaces.cli import main; main()' "$@"
"""
PAGES = [page for page in WORKED if needs(page) & {name.replace("_", "-") for name in installed()}]


@pytest.fixture
def command(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """`goldenthread` as it would be installed: a framework's environment has what it needs, but not the package."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "goldenthread").write_text(COMMAND, encoding="utf-8")
    (folder / "goldenthread").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_with_this_framework_does_what_it_says(page: Path, tmp_path: Path) -> None:
    """What a newcomer copies must suspend, take a person's edit and go on in another process, just as it is written."""
    work(page, tmp_path)
