"""Files that somebody made to do harm, or that something broke: refused within bounds, and said."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.promise.errors import FileUnusable, ImportInvalid, ImportUnsure
from goldenthread.record.imports import archive, importing, octets, planned, records
from goldenthread.record.imports.document import Document
from record.imports.taken import SAMPLES, Taken

STEP = {"run_id": "r1", "timestamp": 1_790_848_800, "model": "gpt-4o"}
GOOD = json.dumps(STEP)


def _step(number: int) -> str:
    return json.dumps({**STEP, "prompt_tokens": number})


def test_a_line_that_does_not_end_is_never_held(tmp_path: Path) -> None:
    """A file of a gigabyte without an end of line must not take a gigabyte of memory."""
    file = tmp_path / "long.jsonl"
    size = 3 * octets.LONGEST
    with file.open("wb") as stream:
        stream.write(f"{_step(1)}\n{_step(2)}\n".encode())
        stream.seek(size, 1)  # a hole: nothing of it is on the disk
        stream.write(f"\n{_step(3)}\n".encode())
    plan = planned(file)
    tracemalloc.start()
    units = list(plan.units())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(unit.place, unit.refused) for unit in units] == [
        ("line 1", ""), ("line 2", ""), ("line 3", "long"), ("line 4", ""),
    ]  # fmt: skip
    assert most < 3 * octets.LONGEST, "as much as it may be: the line, once more where it is joined"


def test_an_element_that_is_too_long_or_too_deep_costs_no_other(tmp_path: Path) -> None:
    """The same within a JSON document, which no end of line divides."""
    deep = "[" * 100_000 + "]" * 100_000
    text = f'[{_step(1)}, {{"a": {deep}}}, {{"b": "{"x" * 3000}"}}, {{"c": 01}}, "\\ud800", {_step(2)}]'
    file = tmp_path / "list.json"
    file.write_text(text)
    with file.open("rb") as stream:
        found = [(one.refused, one.number) for one in Document(stream, "list.json", longest=2000).elements(())]
    assert found == [("", 1), ("deep", 2), ("long", 3), ("broken", 4), ("", 5), ("", 6)]
    taken = Taken(file, tmp_path / "t")
    assert taken.refused == {"deep": 1, "shape": 2, "broken": 1}
    assert taken.counts.spans == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"run_id": 1}, {"run', "ends in the middle"),
        ('[{"run_id": 1} {"run_id": 2}]', "line 1 is no JSON: ',' or ']' was expected"),
        ('{"a" 1}', "a name and ':' were expected"),
        ("[", "ends in the middle"),
    ],
)
def test_a_document_that_breaks_off_says_where(text: str, words: str, tmp_path: Path) -> None:
    """What is left out after that place nobody can count, so it must not look as if it were all."""
    file = tmp_path / "cut.json"
    file.write_text(text)
    with file.open("rb") as stream, pytest.raises(ImportInvalid, match=words):
        list(Document(stream, "cut.json").elements(()))


def test_values_of_ten_megabytes_and_wrong_letters_cost_their_own_row_or_less(tmp_path: Path) -> None:
    """One prompt that holds a film must not cost the night's import."""
    film = {**STEP, "prompt_tokens": 1, "prompt": "x" * 10_000_000}
    file = tmp_path / "odd.jsonl"
    rows = [
        json.dumps(film).encode(),
        GOOD.replace("gpt-4o", "caf\xe9").encode("latin-1"),
        _step(2).encode(),
        b"[1]",
        b"7",
    ]
    file.write_bytes(b"\n".join(rows))
    taken = Taken(file, tmp_path / "t", content=True)
    assert taken.refused == {"encoding": 1, "shape": 2}
    assert taken.places[0].startswith("line 2: byte 56 is no UTF-8")
    first, second = taken.rows
    assert {first["input_tokens"], second["input_tokens"]} == {1, 2}
    assert first["input_messages"] is second["input_messages"] is None


def test_rows_of_a_table_that_are_torn_are_named(tmp_path: Path) -> None:
    """The rows around them stay."""
    file = tmp_path / "torn.csv"
    long = "x" * (5 * 1024 * 1024)
    rows = [
        "run_id,timestamp,model",
        "r1,1790848800,gpt-4o",
        "r2,1790848800",
        f"r3,1790848801,{long}",
        "r4,1790848802,a",
    ]
    file.write_bytes("\n".join(rows).encode() + b"\nr5,1790848803,caf\xe9\nr6,0,a\n")
    taken = Taken(file, tmp_path / "t")
    assert taken.counts.spans == 2
    assert taken.refused == {"shape": 2, "long": 1, "encoding": 1}
    assert "line 3: it has 2 values for 3 columns" in taken.places
    assert "line 7: '0' is no time" in taken.places


def test_a_span_whose_times_cannot_be_is_refused_at_its_line(tmp_path: Path) -> None:
    """A clock that is wrong by a year would put work into a window where none was."""
    later = {**STEP, "timestamp": 4_000_000_000}
    before = {**STEP, "end": 1_790_848_000}
    file = tmp_path / "times.jsonl"
    file.write_text("\n".join(map(json.dumps, (STEP, later, before))))
    taken = Taken(file, tmp_path / "t")
    assert (taken.counts.spans, taken.refused) == (1, {"times": 2})
    assert taken.places == ["line 2: 'step' begins in the future", "line 3: 'step' ends before it began"]


def test_small_files_that_unpack_to_large_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kilobyte must not fill a disk or a day."""
    monkeypatch.setattr(octets, "_BOMB_BYTES", 4 * 1024 * 1024)
    monkeypatch.setattr(archive, "_BOMB_BYTES", 4 * 1024 * 1024)
    packed = tmp_path / "bomb.jsonl.gz"
    with gzip.open(packed, "wb") as stream:
        stream.write(f"{GOOD}\n{GOOD}\n".encode())
        for _ in range(64):
            stream.write(bytes(1024 * 1024))
    with pytest.raises(ImportInvalid, match="unpacks to more than 250 times its size, as no export does"):
        list(planned(packed, format="table").units())
    log = tmp_path / "bomb.eval"
    with zipfile.ZipFile(log, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("header.json", "{}")
        file.writestr("samples/a.json", bytes(32 * 1024 * 1024))
    with pytest.raises(ImportInvalid, match="says that it holds 2 files of"):
        planned(log)


def test_what_an_archive_says_of_itself_is_not_believed(tmp_path: Path) -> None:
    """Names that lead elsewhere, sizes that lie, bytes that are altered: each costs itself."""
    log = tmp_path / "odd.eval"
    with zipfile.ZipFile(SAMPLES / "inspect-0.3.285.eval") as real:
        sample = archive.Archive(SAMPLES / "inspect-0.3.285.eval").read("samples/one_epoch_1.json")[0]
        assert real.getinfo("samples/one_epoch_1.json").compress_type == archive.ZSTANDARD
    with zipfile.ZipFile(log, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("header.json", "{}")
        file.writestr("samples/../../../etc/passwd.json", sample)
        file.writestr("samples/good.json", sample)
        file.writestr("samples/altered.json", sample)
        file.writestr("samples/no.json", "{}")
    octets_of = bytearray(log.read_bytes())
    at = octets_of.index(b"samples/altered.json") + len("samples/altered.json") + 40
    octets_of[at] ^= 0xFF
    log.write_bytes(octets_of)
    taken = Taken(log, tmp_path / "t")
    assert (taken.refused, taken.counts.traces) == ({"name": 1, "packed": 1, "shape": 1}, 1)
    assert not list(tmp_path.glob("**/passwd*"))


def test_what_is_no_file_that_can_be_read_is_said(tmp_path: Path) -> None:
    """Each with what to do."""
    empty, wide, packed, torn = (tmp_path / name for name in ("e.json", "w.jsonl", "p.jsonl", "t.jsonl.gz"))
    empty.write_bytes(b"\n \n")
    wide.write_bytes(GOOD.encode("utf-16"))
    packed.write_bytes(b"BZh91AY&SY")
    torn.write_bytes(gzip.compress(GOOD.encode() * 99)[:60])
    for file, words in ((empty, "it is empty"), (wide, "it is UTF-16"), (packed, "it is packed with bzip2")):
        with pytest.raises(ImportInvalid, match=words):
            planned(file)
    with pytest.raises(ImportInvalid, match="cannot be unpacked to its end"):
        planned(torn)
    with pytest.raises(FileUnusable, match="it is a folder"):
        planned(tmp_path)
    for name, start in (("a.zip", b"PK\x03\x04"), ("b.parquet", b"PAR1")):
        (tmp_path / name).write_bytes(start + bytes(100))
        with pytest.raises(ImportInvalid):
            planned(tmp_path / name)
    (tmp_path / "c.bin").write_bytes(b"\x01\x00\x02" * 50)
    with pytest.raises(ImportUnsure, match="its bytes are no text"):
        planned(tmp_path / "c.bin")


def test_messages_of_protobuf_that_are_torn_are_named(tmp_path: Path) -> None:
    """Where no length can be believed any more, the rest is passed over, and that is said."""
    file = tmp_path / "torn.binpb"
    file.write_bytes(struct.pack(">I", 3) + b"\x0a\x01\x00" + struct.pack(">I", 2**31) + bytes(50))
    units = list(planned(file).units())
    assert [unit.refused for unit in units] == ["shape", "long"]
    assert units[-1].words == "at byte 7 stands no length of a message that is read; the rest is passed over"


def test_a_parquet_with_huge_rows_is_not_made_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of a hundred megabytes is refused before it is copied."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    monkeypatch.setattr(records, "_BATCH_BYTES", 1000)
    file = tmp_path / "huge.parquet"
    pq.write_table(pa.table({"run_id": ["r"] * 2, "timestamp": [1_790_848_800] * 2, "prompt": ["x" * 2000] * 2}), file)
    with pytest.raises(ImportInvalid, match="none of its 2 units can be taken as table; row 1: it stands among rows"):
        Taken(file, tmp_path / "t")


def test_units_that_are_large_are_handed_over_by_themselves(tmp_path: Path) -> None:
    """Sixty-four films at once would be more memory than there is."""
    file = tmp_path / "films.jsonl"
    film = {**STEP, "prompt": "x" * 300_000}
    file.write_text("\n".join(json.dumps({**film, "prompt_tokens": number}) for number in range(5)))
    groups = list(importing._together(planned(file).units()))
    assert [len(group) for group in groups] == [1, 1, 1, 1, 1]


def test_a_number_that_is_cut_in_the_middle_is_one_number() -> None:
    """Half of an amount is another amount."""
    for text in ("0.0", "1.5e+3", "-12", "1E9"):
        for most in (1, 2, 3):
            stream = _Slowly(f"[{text}, {text}]".encode(), most)
            found = [one.value for one in Document(stream, "rows.json").elements(())]
            assert found == [json.loads(text)] * 2


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_a_document_gives_what_json_gives_wherever_it_is_cut(data: st.DataObject) -> None:
    """Quotes, escapes and brackets may stand on both sides of any cut, also where an element is passed over unread."""
    text = st.text(st.sampled_from('a"\\[]{},: \u00e9\n'), max_size=8)
    leaf = text | st.integers(-99, 99) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
    values = st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3))
    wanted = data.draw(st.lists(values, max_size=5))
    indent = data.draw(st.sampled_from([None, 1]))
    document = {"before": data.draw(values), "rows": wanted} if data.draw(st.booleans()) else wanted
    octets_of = json.dumps(document, indent=indent, ensure_ascii=data.draw(st.booleans())).encode()
    skip = data.draw(st.integers(0, len(wanted)))
    stream = _Slowly(octets_of, data.draw(st.integers(1, 9)))
    found = [one.value for one in Document(stream, "rows.json").elements(("rows",), skip=skip) if one.number]
    assert found == wanted[skip:]


class _Slowly(io.BytesIO):
    """Gives a few bytes at a time."""

    def __init__(self, octets_of: bytes, most: int) -> None:
        super().__init__(octets_of)
        self._most = most

    def read(self, _: int | None = None) -> bytes:
        return super().read(self._most)


def test_a_number_that_does_not_end_is_never_held() -> None:
    """It is refused when it is longer than any element may be."""
    stream = io.BytesIO(b"[1." + b"0" * 5_000_000 + b", 2]")
    with pytest.raises(ImportInvalid, match="is no JSON"):
        list(Document(stream, "rows.json", longest=2_000_000).elements(()))
