"""Boundaries on disk: a convenience that nothing depends on."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from goldenthread.promise.evidence import Prior, boundary, keep_boundaries_in
from goldenthread.promise.evidence.boundary import BoundaryTable
from goldenthread.record.store import BoundaryFiles, boundaries
from goldenthread.surfaces.opening import open_ledger

KEY = "5a" * 32


@pytest.fixture
def files(tmp_path: Path) -> BoundaryFiles:
    """A store whose folder does not exist yet."""
    return BoundaryFiles(tmp_path / "deep" / "cache")


@pytest.fixture(autouse=True)
def no_other_store() -> Iterator[None]:
    """Each test names its own store; afterwards there is the one from before."""
    before = boundary._kept.store
    yield
    keep_boundaries_in(before)


def test_what_is_saved_is_loaded(files: BoundaryFiles) -> None:
    """In a folder of its own that nobody else can read or write."""
    assert files.load(KEY) is None
    files.save(KEY, b"first")
    files.save(KEY, b"second")
    assert files.load(KEY) == b"second"
    assert [file.name for file in files.folder.iterdir()] == [f"{KEY}.boundary"]
    assert (files.folder.stat().st_mode & 0o777, (files.folder / f"{KEY}.boundary").stat().st_mode & 0o777) == (
        0o700,
        0o600,
    )


def test_second_process_takes_what_the_first_compiled(files: BoundaryFiles) -> None:
    """The whole way: compile, keep, prove, use; and a file that is cut off is written again."""
    keep_boundaries_in(files)
    expected = BoundaryTable(bar=0.9, alpha=0.05, prior=Prior.UNIFORM).upto(5000)
    (file,) = files.folder.iterdir()
    whole = file.read_bytes()
    assert len(whole) < 4 * 5001 + 200
    file.write_bytes(whole[: len(whole) // 2])
    assert BoundaryTable(bar=0.9, alpha=0.05, prior=Prior.UNIFORM).upto(5000) == expected
    assert file.read_bytes() == whole
    written = file.stat().st_mtime_ns
    assert BoundaryTable(bar=0.9, alpha=0.05, prior=Prior.UNIFORM).upto(5000) == expected
    assert file.stat().st_mtime_ns == written


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_file_that_others_may_write_is_ignored(files: BoundaryFiles, mode: int) -> None:
    """Its content is proved anyway; but then nobody need rely on the proof alone."""
    files.save(KEY, b"kept")
    (files.folder / f"{KEY}.boundary").chmod(mode)
    assert files.load(KEY) is None
    files.save(KEY, b"again")
    assert files.load(KEY) == b"again"


def test_folder_that_others_may_write_is_neither_read_nor_written(files: BoundaryFiles) -> None:
    """As /tmp is: whoever else writes there could put a link in place of a file."""
    files.save(KEY, b"kept")
    files.folder.chmod(0o777)
    assert files.load(KEY) is None
    files.save(KEY, b"again")
    files.folder.chmod(0o700)
    assert files.load(KEY) == b"kept"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a file to another OS user")
def test_file_of_another_os_user_is_ignored(files: BoundaryFiles) -> None:
    """A foreign owner may change it at any time."""
    files.save(KEY, b"kept")
    os.chown(files.folder / f"{KEY}.boundary", 65534, 65534)
    assert files.load(KEY) is None


def test_link_pipe_and_folder_in_place_of_the_file_are_ignored(files: BoundaryFiles, tmp_path: Path) -> None:
    """A pipe must not hang a verdict, nor a link lead elsewhere."""
    files.save(KEY, b"kept")
    file = files.folder / f"{KEY}.boundary"
    target = tmp_path / "target"
    target.write_bytes(b"elsewhere")
    makers: list[Callable[[], None]] = [
        lambda: file.symlink_to(target),
        lambda: os.mkfifo(file, 0o600),
        lambda: file.mkdir(mode=0o700),
    ]
    for make in makers:
        file.unlink()
        make()
        assert files.load(KEY) is None
        if not file.is_dir():
            files.save(KEY, b"kept")
            assert files.load(KEY) == b"kept"
    files.save(KEY, b"kept")
    assert [found.name for found in files.folder.iterdir()] == [file.name]
    assert target.read_bytes() == b"elsewhere"


def test_too_large_a_file_is_not_read(files: BoundaryFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory that a file may take is bounded."""
    files.save(KEY, b"x" * 100)
    monkeypatch.setattr(boundaries, "LARGEST_FILE_BYTES", 99)
    assert files.load(KEY) is None
    files.save(KEY, b"x" * 100)
    assert (files.folder / f"{KEY}.boundary").stat().st_size == 100


@pytest.mark.parametrize("where", ["a file is there", "no room below a file", "/proc/no-such-folder"])
def test_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path, where: str) -> None:
    """A read-only machine judges as well as any other, only a little later."""
    (tmp_path / "file").write_text("")
    places = {"a file is there": tmp_path / "file", "no room below a file": tmp_path / "file" / "cache"}
    keep_boundaries_in(BoundaryFiles(places.get(where, Path(where))))
    found = BoundaryTable(bar=0.9, alpha=0.05, prior=Prior.UNIFORM).most_failures(5000)
    keep_boundaries_in(None)
    assert found == BoundaryTable(bar=0.9, alpha=0.05, prior=Prior.UNIFORM).most_failures(5000)


def test_full_disk_leaves_no_draft(files: BoundaryFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is taken away again, and the old file stays."""
    files.save(KEY, b"kept")

    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    files.save(KEY, b"again")
    assert files.load(KEY) == b"kept"
    assert [file.name for file in files.folder.iterdir()] == [f"{KEY}.boundary"]


def test_folder_stays_below_its_bound(files: BoundaryFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every new bar is a new file, and nobody looks into caches."""
    monkeypatch.setattr(boundaries, "LARGEST_FOLDER_BYTES", 1000)
    (files.folder.parent).mkdir()
    files.folder.mkdir(mode=0o700)
    (files.folder / "notes.txt").write_bytes(b"y" * 5000)
    for number in range(10):
        files.save(f"{number:064x}", b"x" * 300)
        os.utime(files.folder / f"{number:064x}.boundary", (number, number))
    kept = sorted(file.name for file in files.folder.iterdir())
    assert kept == [*(f"{number:064x}.boundary" for number in (7, 8, 9)), "notes.txt"]


def test_drafts_of_the_dead_are_removed(files: BoundaryFiles) -> None:
    """A process that is killed while it writes leaves its draft behind; one that lives still writes to it."""
    files.save(KEY, b"kept")
    old, young = (files.folder / f".{KEY}.boundary.{digit * 16}" for digit in "ab")
    for draft in (old, young):
        draft.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    files.save(KEY, b"kept")
    assert (old.exists(), young.exists()) == (False, True)


def _compile_again_and_again(folder: str) -> bool:
    assert np.__version__
    keep_boundaries_in(BoundaryFiles(Path(folder)))
    found = [
        BoundaryTable(bar=0.9, alpha=0.05, prior=Prior.UNIFORM).upto(cases) for cases in (5000, 9000, 5000, 20_000) * 5
    ]
    return all(len(set(column)) == 1 for column in zip(*found, strict=False))


def test_processes_share_a_folder(files: BoundaryFiles) -> None:
    """Agents of one machine write the same boundary at the same time; each must read one that is whole."""
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.map(_compile_again_and_again, [str(files.folder)] * 3, chunksize=1) == [True] * 3
    assert [file.name for file in files.folder.iterdir() if file.name.startswith(".")] == []


def test_key_that_is_no_key_names_no_file(files: BoundaryFiles) -> None:
    """A name with a path in it would be another file."""
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        files.load("../" + KEY[3:])


def test_settings_choose_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GOLDENTHREAD_CACHE, else the user's folder for caches; `off` keeps none."""

    def chosen(cache: str | None, xdg: str | None) -> str | None:
        for name, value in (("GOLDENTHREAD_CACHE", cache), ("XDG_CACHE_HOME", xdg), ("HOME", str(tmp_path))):
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        files = BoundaryFiles.chosen()
        return str(files.folder) if files else None

    assert chosen(str(tmp_path / "here"), "/xdg") == str(tmp_path / "here")
    assert chosen("~/here", None) == str(tmp_path / "here")
    assert chosen("off", "/xdg") is None
    assert chosen(None, "/xdg") == "/xdg/goldenthread"
    assert chosen("", "relative") == str(tmp_path / ".cache" / "goldenthread")
    assert chosen(None, None) == str(tmp_path / ".cache" / "goldenthread")


def test_opening_an_installation_puts_the_store_in_place(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One place, so that every surface keeps its boundaries in the same folder."""
    monkeypatch.setenv("GOLDENTHREAD_CACHE", str(tmp_path / "boundaries"))
    open_ledger(tmp_path / "home").store.close()
    store = boundary._kept.store
    assert isinstance(store, BoundaryFiles)
    assert store.folder == tmp_path / "boundaries"
