"""Files that stand whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from goldenthread.record.store import write_whole


def test_a_file_takes_the_place_of_the_older_or_of_none(tmp_path: Path) -> None:
    """Whoever must not lose the older asks for a new one, and is told."""
    file = tmp_path / "kept.yaml"
    write_whole(file, "first: é\n", new=True)
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == ("first: é\n".encode(), 0o600)
    with pytest.raises(FileExistsError):
        write_whole(file, "second\n", new=True)
    assert file.read_text(encoding="utf-8") == "first: é\n"
    file.chmod(0o664)
    write_whole(file, b"third\n")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("third\n", 0o664)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_what_cannot_be_finished_leaves_the_older_and_nothing_else(
    tmp_path: Path, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk must not cost what was there."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "kept.yaml"
    write_whole(file, "first\n")
    monkeypatch.setattr(os if fails == "fsync" else Path, fails, full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, "second\n")
    assert (list(tmp_path.iterdir()), file.read_text()) == ([file], "first\n")
