"""`goldenthread discover`: one command from a log to its report."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest

from factory.discovery.made_logs import small, write_csv
from surfaces.cli.conftest import Worked
from surfaces.cli.typed import Terminal
from worlds import World

SHOWN = """log.csv: 10 events of 4 cases, CSV.

In short
  4 cases from 2026-03-02 to 2026-03-02. Half of them took at most 31.5 min; five in a hundred took more \
than 3.3 h.
  42 % of all time passes between 'check' and 'close' (once, median 1.8 h).
"""


class _Page(HTMLParser):
    """Tags of a page, its ids, and what it would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        said = dict(attrs)
        self.ids += [str(said["id"])] if "id" in said else []
        if tag in ("script", "link", "img", "iframe", "object") or any(name.startswith("on") for name in said):
            self.outside.append(tag)
        self.outside += [str(said[name]) for name in ("src", "href", "action") if name in said]


def test_a_log_is_reported_in_one_command(terminal: Terminal, tmp_path: Path) -> None:
    """First what its owner should know, then how it was read, then the figures."""
    write_csv(tmp_path / "log.csv", small())
    out = terminal.done("discover log.csv")
    assert out.startswith(SHOWN)
    assert "  case is 'case_id' (by its name).\n" in out
    assert "  1 events have the time of the one before in their case; they stand in the log's order.\n" in out
    assert "Rework: 25 % of cases, 1 steps again\n" in out
    assert "  Not looked at: " in out


def test_what_is_left_out_stands_in_the_report_with_examples(terminal: Terminal, tmp_path: Path) -> None:
    """A row that cannot be taken is shown as it stands there."""
    path = write_csv(tmp_path / "log.csv", small())
    path.write_text(path.read_text() + "9,lost,sometime,ann\n9,short\n")
    out = terminal.done("discover log.csv")
    assert "  LEFT OUT, 1 of 12 events: its row has more or fewer values than there are columns.\n" in out
    assert "    e.g. line 13: 9,short\n" in out
    assert (
        "  LEFT OUT, 1 of 12 events: it has no time, or one that cannot be read.\n    e.g. 9, lost, sometime\n" in out
    )


def test_page_map_and_json_say_the_same(terminal: Terminal, tmp_path: Path) -> None:
    """The page fetches nothing and runs nothing; the map is a picture; JSON has every figure."""
    write_csv(tmp_path / "log.csv", small())
    out = terminal.done("discover log.csv --html page.html --map map.svg --detail 100 --within '1 h' --json")
    report = json.loads(out)
    assert report["figures"]["overview"]["cases"] == 4
    assert report["figures"]["within"] == {"promised_us": 3_600_000_000, "held": 3, "cases": 4}
    assert report["intake"]["choices"][0] == {
        "meaning": "case", "column": "case_id", "why": "by its name", "sure": True,
    }  # fmt: skip
    text = (tmp_path / "page.html").read_text()
    page = _Page()
    page.feed(text)
    assert page.outside == []
    assert len(page.ids) == len(set(page.ids))
    assert all(html in text for html in ("75 % of the cases took no longer than 1 h.", "Process map", "<svg"))
    assert "4 of 4 cases (100 %)" in (tmp_path / "map.svg").read_text()
    ET.parse(tmp_path / "map.svg")


def test_names_are_hidden_where_somebody_says_so(terminal: Terminal, tmp_path: Path) -> None:
    """Neither text nor page names a person then."""
    events = [e for e in small() if e.resource]
    path = write_csv(tmp_path / "log.csv", events)
    path.write_text(path.read_text().replace(",ann", ",Annegret Muster"))
    out = terminal.done("discover log.csv --hide-people --html page.html")
    assert "Annegret" not in out + (tmp_path / "page.html").read_text()
    assert "person 1" in out


def test_what_cannot_be_done_is_said_before_anything_is_read(terminal: Terminal, tmp_path: Path) -> None:
    """One log at a time; places to write to are there; errors have their names."""
    write_csv(tmp_path / "log.csv", small())
    assert "Name one log" in terminal("discover").err
    assert "Name one log" in terminal("discover log.csv --ledger").err
    assert "--query needs --env" in terminal("discover --query q.sql").err
    assert terminal.refused("discover none.csv").startswith("file-unusable: none.csv cannot be read")
    assert "there is no folder" in terminal.refused("discover log.csv --html no/page.html")
    (tmp_path / "odd.csv").write_text("a,b,c\n1,2,3\n")
    assert terminal.refused("discover odd.csv").startswith("event-log-invalid: odd.csv: no column is known to tell the")
    (tmp_path / "days.csv").write_text("case,activity,time\n1,a,3/4/2026\n1,b,5/4/2026\n")
    assert terminal.refused("discover days.csv").startswith("event-log-unsure: '3/4/2026' in the column 'time'")


def test_a_query_reads_a_database_and_cannot_write_to_it(
    world: World, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events are where the work is done; whoever looks at them must not be able to change them."""
    with world.opened() as ledger, ledger.store.connect() as session:
        host, user, port = quote(session.info.host or "", safe=""), session.info.user, session.info.port
        session.execute("reset role")
        name = f"tickets_{uuid4().hex}"
        session.execute(f"create database {name}".encode())
    address = f"postgresql://{user}@/{name}?host={host}&port={port}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("create table done (case_id text, activity text, at timestamptz, resource text)")
        rows = [(e.case, e.activity, e.at, e.resource) for e in small()]
        connection.cursor().executemany("insert into done values (%s, %s, %s, %s)", rows)
    monkeypatch.setenv("TICKETS_URL", address)
    (tmp_path / "q.sql").write_text("select case_id, activity, at as timestamp, resource from done")
    out = terminal.done("discover --query q.sql --env TICKETS_URL")
    assert out.startswith(SHOWN.replace("log.csv", "q.sql").replace("CSV", "SQL query"))
    (tmp_path / "q.sql").write_text("select lo_create(0)::text as case_id, activity, at as timestamp from done")
    refused = terminal.refused("discover --query q.sql --env TICKETS_URL")
    assert refused.startswith("event-log-invalid: ")
    assert "read-only transaction" in refused
    assert "is not set here" in terminal.refused("discover --query q.sql --env NOWHERE_URL")
    with psycopg.connect(address) as connection:
        assert connection.execute("select count(*) from done").fetchone() == (10,)


def test_our_own_record_is_a_log(world: World, work: Worked, terminal: Terminal) -> None:
    """What agents did on cases can be looked at as what people did: by case, kind of record and who."""
    world.slice("payments")
    work("a", "b")
    out = terminal.done("discover --ledger --slice payments")
    assert "of 2 cases, ledger." in out
    assert "run:start" in out
    assert "no span names a case" in terminal.refused("discover --telemetry")
