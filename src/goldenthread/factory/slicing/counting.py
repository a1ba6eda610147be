"""
The numbers of parts, counted in the log's own tables.

Each way of cutting makes rows of one table, `passes`: which part, which case, when work came to it, when it left, and
by which way. Everything that a part shows is then counted by the same questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from goldenthread.factory.discovery import Figures, Log
from goldenthread.factory.slicing.touching import Touch, decided, touches_of

_LONGEST_WAY = 10
_APART = 1_000_003  # further than any two numbers of activities
_ARRIVAL = 0.99  # of its steps, from which on an activity that begins cases is how work comes in
_OPTION = 0.1  # of the times, from which on a next step is a usual one
_LINKED = """
create temp table linked as select rowid as nth, case_no, activity, at_us, resource, begun_us, before, before_us,
    before_resource, case when lead(case_no) over () = case_no then lead(activity) over () end as after,
    case when lead(case_no) over () = case_no then lead(at_us) over () end as after_us
from steps"""
_HANDS = """
create temp table hands as select *, coalesce(lead(goes_on) over (), false) as is_followed from (
    select nth, case_no, activity, at_us, before_us, after,
        coalesce(resource = before_resource and not list_contains($timed, activity), false) as goes_on from linked)"""
# Most steps stand alone in somebody's hands; only the others are put together.
_RUNS = """
create temp table runs as select min(case_no) as case_no, list(activity order by nth) as path,
    coalesce(arg_min(before_us, nth), min(at_us)) as entered_us, max(at_us) as left_us,
    arg_max_null(after, nth) as after from (
    select *, sum((not goes_on)::integer) over (rows between unbounded preceding and current row) as run
    from (select * from hands where goes_on or is_followed))
group by run having count(distinct activity) > 1"""
_COUNTED = """
with per_case as (select part, case_no, count(*) as n from passes group by 1, 2),
cases_of as (
    select part, count(*) as cases, sum(n)::bigint as passes, count(*) filter (n > 1) as again,
        count(deadline_us) as due, count(done_us) filter (deadline_us is not null) as ended,
        count(*) filter (done_us > deadline_us) as late
    from per_case join (select case_no, deadline_us, {done} as done_us from cases join paths using (case_no))
    using (case_no) group by 1),
by_way as (select part, way, count(*) as n from passes group by 1, 2),
ordered as (
    select part, n, row_number() over (partition by part order by n desc, way) as nth,
        sum(n) over (partition by part order by n desc, way) as reached, sum(n) over (partition by part) as whole
    from by_way),
ways as (
    select part, count(*) as ways, sum(n) filter (nth <= 5)::bigint as in_five,
        count(*) filter (reached - n < 0.8 * whole) as usual from ordered group by 1),
times as (
    select part, median(left_us - entered_us)::bigint as p50, quantile_disc(left_us - entered_us, 0.9) as p90
    from passes where entered_us is not null group by 1)
select c.part, c.cases, c.passes, c.again, c.due, c.ended, c.late, w.ways, w.in_five, w.usual, t.p50, t.p90
from cases_of c join ways w using (part) left join times t using (part) order by c.part"""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """
    A part as counted; see `Part`.

    Attributes:
        kind: How it was cut.
        entry: The activity that it is, follows or begins with; of the whole, the one that ends most cases.
        steps: Its activities, or a decision's usual options.
        done: Of `of` cases, or passes of a decision, those that ended as they should.
        of: See `done`.
        cases: That went through it.
        passes: Times that they did.
        again: Cases that did more than once.
        due: Cases with a deadline.
        ended: Cases with a deadline that ended.
        late: Those of them that ended after it.
        ways: Ways through it.
        in_five: Passes on the five most frequent ways.
        usual: Ways that make four fifths of the passes.
        p50_us: From when work came until it left, median; None where nobody can tell.
        p90_us: The same, nine tenths.
        touch: People's time on a pass.
    """

    kind: str
    entry: str
    steps: tuple[str, ...]
    done: int
    of: int
    cases: int
    passes: int
    again: int
    due: int
    ended: int
    late: int
    ways: int
    in_five: int
    usual: int
    p50_us: int | None
    p90_us: int | None
    touch: Touch | None


@dataclass(frozen=True, kw_only=True)
class _Sketch:
    kind: str
    entry: int
    path: tuple[int, ...]
    done: int | None = None  # None: cases that came once
    of: int | None = None  # None: all of its cases


class Cutter:
    """
    Cuts a log whose figures were made, and counts.

    Args:
        log: As it was opened.
        figures: Of it.
        timed: Activities that a timer brings about.
    """

    def __init__(self, log: Log, figures: Figures, timed: frozenset[str]) -> None:
        self.timed = timed
        self.arrivals: tuple[str, ...] = ()
        self.more: tuple[str, ...] = ()
        self.unordered: tuple[str, ...] = ()
        self._log, self._bench, self._figures = log, log.bench, figures
        self._names: Mapping[int, str] = dict(self._bench.rows("select no, name from activities"))
        self._numbers = {name: no for no, name in self._names.items()}
        self._timed = [self._numbers[name] for name in sorted(timed)]
        self._sketches: list[_Sketch] = []

    def cut(self, most: Mapping[str, int], least: float) -> None:
        """Fill `passes`: of each kind at most so many parts, none in fewer than `least` cases."""
        self._bench.run(_LINKED)
        self._bench.run("create temp table passes (part integer, case_no integer, entered_us bigint, left_us bigint, "
                        "way bigint)")  # fmt: skip
        self._activities(most["activity"], least)
        self._decisions(most["decision"], least)
        self._runs(most["run"], least)
        self._variants(most["variant"], least)
        self._whole()

    def counted(self) -> Iterator[Counted]:
        """Every part with its numbers, in the order in which it was cut."""
        touches, asked = touches_of(self._bench), decided(self._bench)
        ends_named = any(choice.meaning == "ended" for choice in self._log.intake.choices)
        for row in self._bench.rows(_COUNTED.format(done="ended_us" if ends_named else "last_us")):
            part, cases, passes, again, due, ended, late, ways, in_five, usual, p50, p90 = row
            sketch = self._sketches[part]
            yield Counted(
                kind=sketch.kind,
                entry=self._names[sketch.entry],
                steps=tuple(self._names[step] for step in sketch.path),
                done=cases - again if sketch.done is None else sketch.done,
                of=cases if sketch.of is None else sketch.of,
                cases=cases,
                passes=passes,
                again=again,
                due=due,
                ended=ended,
                late=late,
                ways=ways,
                in_five=in_five,
                usual=usual,
                p50_us=p50,
                p90_us=p90,
                touch=asked.get(part) if sketch.kind == "decision" else self._touch(sketch, touches),
            )

    # --- cuts -------------------------------------------------------------------------------------

    def _activities(self, most: int, least: float) -> None:
        often = sorted(self._figures.activities, key=lambda one: (-one.cases, one.name))
        arrivals = {one.name for one in often if one.first >= _ARRIVAL * one.steps}
        self.arrivals = tuple(one.name for one in often if one.cases >= least and one.name in arrivals)
        skipped = self.timed | arrivals
        frequent = [one.name for one in often if one.cases >= least and one.name not in skipped]
        self.more = tuple(frequent[most:])
        for name in frequent[:most]:
            no = self._numbers[name]
            self._put(
                _Sketch(kind="activity", entry=no, path=(no,)),
                "select case_no, coalesce(case when begun_us <= at_us then begun_us end, before_us), at_us, "
                f"coalesce(before, -1)::bigint * {_APART} + coalesce(after, -1) from linked where activity = {no}",
            )

    def _decisions(self, most: int, least: float) -> None:
        rows = self._bench.rows(f"""
            with next as (select activity, after, count(*) as n, count(distinct case_no) as cases from linked
                where after is not null and after <> activity and not list_contains($timed, after) group by 1, 2),
            options as (select *, sum(n) over (partition by activity) as whole from next),
            usual as (select * from options where n >= {_OPTION} * whole)
            select activity, list(after order by n desc, after), sum(n)::bigint, any_value(whole)::bigint,
                sum(cases)::bigint from usual group by 1 having count(*) > 1 and any_value(whole) >= {least}
            order by 5 desc, 1 limit {2 * most}""", {"timed": self._timed})  # fmt: skip
        unordered, room = [], most
        for activity, options, usual, whole, _ in rows:
            if not room:
                break
            if self._all_come(activity, options):
                unordered.append(self._names[activity])
                continue
            room -= 1
            self._put(
                _Sketch(kind="decision", entry=activity, path=tuple(options), done=usual, of=whole),
                f"select case_no, at_us, after_us, after::bigint from linked where activity = {activity} "
                f"and after is not null and after <> activity and not list_contains({self._timed}, after)",
            )

        self.unordered = tuple(unordered)

    def _all_come(self, activity: int, options: list[int]) -> bool:
        """Whether in half of the cases several of the next steps come anyway: that is an order, and no decision."""
        cases, several = self._bench.one(f"""
            select count(*), count(*) filter (len(list_intersect(path, {options}::integer[])) > 1)
            from paths where list_contains(path, {activity})""")
        return bool(2 * several >= cases)

    def _runs(self, most: int, least: float) -> None:
        self._bench.run(_HANDS, {"timed": self._timed})
        self._bench.run(_RUNS)
        self._bench.run("drop table hands")
        rows = self._bench.rows(f"""
            select path, count(distinct case_no) as n from runs where len(path) <= {_LONGEST_WAY}
            group by 1 having n >= {least} order by n desc, path limit {most}""")
        for path, _ in rows:
            self._put(
                _Sketch(kind="run", entry=path[0], path=tuple(path)),
                f"select case_no, entered_us, left_us, coalesce(after, -1)::bigint from runs where path = {path}",
            )

    def _variants(self, most: int, least: float) -> None:
        self._bench.run(f"""
            create temp table cores as select case_no, first_us,
                case when list_contains({self._timed}::integer[], path[-1]) and len(path) > 1 then path[:-2]
                    else path end as core,
                case when list_contains({self._timed}::integer[], path[-1]) and len(path) > 1
                    then first_us + until_last_us else last_us end as left_us from paths""")
        rows = self._bench.rows(f"""
            with begun as (select core[1] as first, count(*) as whole from cores group by 1)
            select core, n, whole from (select core, count(*) as n from cores group by 1)
            join begun on first = core[1] where n >= {least} and len(core) between 2 and {_LONGEST_WAY}
            order by n desc, core limit {most}""")
        for core, n, whole in rows:
            self._put(
                _Sketch(kind="variant", entry=core[0], path=tuple(core), done=n, of=whole),
                f"select case_no, first_us, left_us, 0 from cores where core = {core}",
            )

    def _whole(self) -> None:
        ends = max(self._figures.activities, key=lambda one: (one.last, one.name))
        no, cases = self._numbers[ends.name], self._figures.overview.cases
        done = self._bench.one(
            f"select count(*) from paths where path[-1] = {no} and len(path) = len(list_distinct(path))"
        )
        self._put(
            _Sketch(kind="whole", entry=no, path=(), done=done[0], of=cases),
            "select case_no, first_us, left_us, (hash(core) >> 1)::bigint from cores",
        )

    def _put(self, sketch: _Sketch, rows: str) -> None:
        self._bench.run(f"insert into passes select {len(self._sketches)}, * from ({rows})")
        self._sketches.append(sketch)

    def _touch(self, sketch: _Sketch, touches: Mapping[int, Touch]) -> Touch | None:
        """Of its steps together, the first left out where it is how work comes in; None if one is unknown."""
        arrivals = {self._numbers[name] for name in self.arrivals}
        steps = [step for step in sketch.path if step not in arrivals]
        known = [touches[step] for step in steps if step in touches]
        if not steps or len(known) < len(steps):
            return None
        return Touch(
            count=min(one.count for one in known),
            p25_us=sum(one.p25_us for one in known),
            median_us=sum(one.median_us for one in known),
            p75_us=sum(one.p75_us for one in known),
            stated=known[0].stated,
        )
