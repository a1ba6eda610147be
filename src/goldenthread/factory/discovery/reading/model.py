"""What reading a log came to: which column means what and why, what was left out, what a reader should know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from goldenthread.record.eventlogs import BAD, COLUMNS

NAMES: Mapping[str, str] = {
    **COLUMNS,
    "begun": "start_timestamp time:start start_time started_at begin_time",
    "deadline": "case:deadline deadline case:due due due_date duedate due_at sla_deadline target_date",
    "ended": "case:enddate case:end case:ended enddate case_end closed_at",
}
"""What a column may mean, and the names by which it is told, in small letters."""

NEEDED = ("case", "activity", "at")

LEFT_OUT: Mapping[str, str] = {**BAD, "quotes": "its row has a quotation mark that does not end"}
"""Why an event is left out, by the word that counts it."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which column has a meaning, and by what it was told; `sure`: somebody named it, or its name says it."""

    meaning: str
    column: str
    why: str
    sure: bool


@dataclass(frozen=True, kw_only=True)
class Left:
    """Events left out for one reason: how many, and the first few as they stand there."""

    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something that a reader of the figures should know; `count` events or cases are concerned."""

    code: str
    count: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Options:
    """
    What somebody said about a log.

    Attributes:
        columns: By meaning, a column.
        zone: Of times that name none.
        time_form: How times are written, a word of `times.FORMS`; None: told from the times.
        encoding: Of a table.
        accept: What was only guessed is taken.
        object_type: Of OCEL, the type whose objects are the cases.
        drop_duplicates: Events that stand there twice, alike in all, count once.
        now: What is later is said to be in the future.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    time_form: str | None = None
    encoding: str = "utf-8"
    accept: bool = False
    object_type: str | None = None
    drop_duplicates: bool = False
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Intake:
    """
    What was read of a log.

    Attributes:
        name: The file's, or what stands for it.
        form: CSV, XES, ...
        digest: `sha256:...` of the file's bytes; '' where there is no file.
        choices: Which column means what.
        time_form: How its times are written.
        zone: In which times were read that name none.
        found: Events that the log has, those left out included.
        events: Events that count.
        cases: Cases that have one.
        left_out: By a word of LEFT_OUT.
        notices: What a reader should know.
    """

    name: str
    form: str
    digest: str
    choices: tuple[Choice, ...]
    time_form: str
    zone: str
    found: int
    events: int
    cases: int
    left_out: Mapping[str, Left]
    notices: tuple[Notice, ...]
