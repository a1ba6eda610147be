"""`goldenthread events`: what happens, told to other systems."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import TYPE_CHECKING

import click

from goldenthread.promise.errors import GoldenthreadError
from goldenthread.surfaces.cli.moments import when
from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from goldenthread.work.events import Delivery, Ticked

_BY = click.option("--as", "by", required=True, metavar="NAME", help="Who says so; signs with their key.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_PAUSE_S = 2.0


@click.group()
def events() -> None:
    """
    Tell other systems what happens, by signed webhooks. A subscription is named by its id or its first digits.

    \b
    Example:
      goldenthread events subscribe https://hooks.example.com/agents --types "approval.*" --as maya@example.com
      goldenthread events deliver
    """


@events.command()
@click.argument("url")
@click.option("--types", "patterns", metavar="TYPES", help="e.g. approval.asked,level.*; without it, all.")
@click.option("--slice", "slices", multiple=True, metavar="SLICE", help="Only of it; without it, of every slice.")
@click.option("--insecure", is_flag=True, help="Take an http address of another machine: whoever is between can read.")
@_BY
@click.pass_obj
def subscribe(
    home: str | None, url: str, patterns: str | None, slices: tuple[str, ...], insecure: bool, by: str
) -> None:
    """
    Send events to an address from now on, and show the secret that they are signed with, once.

    By an owner of the slices, or an administrator. Give '-' to type the address where no history keeps it.

    \b
    Example:
      goldenthread events subscribe https://hooks.example.com/agents --slice refunds --as maya@example.com
    """
    from goldenthread.record.principals import EVERYWHERE
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import Custody
    from goldenthread.work.events import subscribe as subscribe_address

    address = click.prompt("Address", hide_input=True, err=True) if url == "-" else url
    with opened(home) as place:
        made = subscribe_address(
            place.ledger,
            place.keys(by),
            Custody(place.home),
            address,
            by=by,
            types=[one for one in (patterns or "").split(",") if one.strip()],
            slices=slices or (EVERYWHERE,),
            insecure=insecure,
        )
    one = made.subscription
    say(f"Subscription {one.id}: {len(one.types)} types of event to {one.host}.")
    say("Its secret is shown once; the receiver checks signatures with it:", made.secret)


@events.command("list")
@_JSON
@click.pass_obj
def list_subscriptions(home: str | None, as_json: bool) -> None:
    """
    List subscriptions and how they fare; never an address's path, and never a secret.

    \b
    Example:
      goldenthread events list
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import standing

    with opened(home) as place:
        found = standing(place.ledger, place.home)
    if as_json:
        emit(found)
        return
    if not found:
        say("Nobody subscribed to events.")
        return
    rows = [
        (
            one.id,
            one.host,
            "every slice" if "*" in one.slices else ", ".join(one.slices),
            one.delivered,
            one.waiting,
            one.parked,
            one.state,
        )
        for one in found
    ]
    table(("subscription", "to", "of", "arrived", "waiting", "parked", "state"), rows)
    for one in found:
        if one.error and one.failures:
            say(f"{one.id}: {one.failures} attempts in a row failed; {moment(one.error_at)}: {one.error}.")


@events.command()
@click.argument("subscription")
@_BY
@click.pass_obj
def pause(home: str | None, subscription: str, by: str) -> None:
    """
    Send nothing more for now. Nothing is lost: what happens meanwhile is sent after `resume`.

    \b
    Example:
      goldenthread events pause 3f9a --as maya@example.com
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import pause as pause_subscription

    with opened(home) as place:
        found = pause_subscription(place.ledger, place.keys(by), subscription, by=by)
    say(f"Subscription {found.id} is paused.")


@events.command()
@click.argument("subscription")
@_BY
@click.pass_obj
def resume(home: str | None, subscription: str, by: str) -> None:
    """
    Go on where it stood; from now on it is you who vouches for it.

    \b
    Example:
      goldenthread events resume 3f9a --as maya@example.com
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import resume as resume_subscription

    with opened(home) as place:
        found = resume_subscription(place.ledger, place.keys(by), subscription, by=by)
    say(f"Subscription {found.id} goes on, and {by} vouches for it.")


@events.command()
@click.argument("subscription")
@_BY
@click.pass_obj
def remove(home: str | None, subscription: str, by: str) -> None:
    """
    End a subscription, with its secret and all that still waited.

    \b
    Example:
      goldenthread events remove 3f9a --as maya@example.com
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import Custody
    from goldenthread.work.events import remove as remove_subscription

    with opened(home) as place:
        found = remove_subscription(place.ledger, place.keys(by), Custody(place.home), subscription, by=by)
    say(f"Subscription {found.id} to {found.host} is removed.")


@events.command()
@click.argument("subscription")
@click.option("--overlap", type=click.IntRange(0, 720), default=24, show_default=True, help="Hours with both secrets.")
@_BY
@click.pass_obj
def rotate(home: str | None, subscription: str, overlap: int, by: str) -> None:
    """
    Make a new secret and show it once. For a while events are signed with both.

    \b
    Example:
      goldenthread events rotate 3f9a --overlap 48 --as maya@example.com
    """
    from datetime import timedelta

    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import Custody
    from goldenthread.work.events import rotate as rotate_secret

    life = timedelta(hours=overlap)
    with opened(home) as place:
        made = rotate_secret(place.ledger, place.keys(by), Custody(place.home), subscription, by=by, overlap=life)
    say(f"Subscription {made.subscription.id} has a new secret; the old one counts for {overlap} h more.")
    say("It is shown once:", made.secret)


@events.command()
@click.argument("subscription")
@click.option("--from", "start", required=True, metavar="TIME|SEQ", help="A moment (ISO 8601), or a record's number.")
@click.option("--slice", "slices", multiple=True, metavar="SLICE", help="Only of it; needed with a record's number.")
@_BY
@click.pass_obj
def replay(home: str | None, subscription: str, start: str, slices: tuple[str, ...], by: str) -> None:
    """
    Send again what happened since. Ids stay the same, so a receiver can tell what it has.

    \b
    Example:
      goldenthread events replay 3f9a --from 2026-11-20T09:00 --as maya@example.com
      goldenthread events replay 3f9a --from 41 --slice refunds --as maya@example.com
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import replay as replay_subscription

    begin = int(start) if start.isdecimal() else when(start)
    with opened(home) as place:
        first = replay_subscription(place.ledger, place.keys(by), subscription, by=by, start=begin, slices=slices)
    say(*(f"{chain}: again from record {seq} on." for chain, seq in sorted(first.items())))


@events.command()
@click.argument("subscription")
@click.pass_obj
def retry(home: str | None, subscription: str) -> None:
    """
    Try again, from the start, what was given up.

    \b
    Example:
      goldenthread events retry 3f9a
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import retry as retry_parked

    with opened(home) as place:
        number = retry_parked(place.ledger, subscription)
    say(f"{number} parked events wait to be sent again.")


@events.command("deliveries")
@click.argument("subscription")
@_JSON
@click.pass_obj
def list_deliveries(home: str | None, subscription: str, as_json: bool) -> None:
    """
    List what did not arrive yet: what waits, and what was given up. All else up to now arrived.

    \b
    Example:
      goldenthread events deliveries 3f9a
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import deliveries, load_subscriptions

    with opened(home) as place:
        found = load_subscriptions(place.ledger).find(subscription)
        with place.ledger.store.session() as connection:
            waiting = deliveries(connection, found.id)
    if as_json:
        emit(waiting)
    elif not waiting:
        say(f"Nothing waits for {found.host}, and nothing was given up.")
    else:
        table(("event", "case", "state", "attempts", "next", "last error"), _delivery_rows(waiting))


@events.command()
@click.argument("subscription")
@click.pass_context
def test(ctx: click.Context, subscription: str) -> None:
    """
    Send one message of the type goldenthread.test, and say what the receiver answered. Ends with 1 if it wasn't taken.

    \b
    Example:
      goldenthread events test 3f9a
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import send_test

    with opened(ctx.obj) as place:
        answer = send_test(place.ledger, place.home, subscription)
    if answer.ok:
        say(f"The receiver took it: it answered {answer.status}.")
        return
    say(f"The receiver did not take it: {answer.words}.")
    ctx.exit(1)


@events.command()
@_JSON
def types(as_json: bool) -> None:
    """
    List the types of event; with --json, the JSON Schema of each one's data.

    \b
    Example:
      goldenthread events types
    """
    from goldenthread.work.events import TYPES, data_schema

    if as_json:
        emit([data_schema(one) for one in TYPES])
        return
    table(("type", "when"), [(one.full_name, one.words) for one in TYPES])


@events.command()
@click.option("--once", is_flag=True, help="One pass for every subscription and rule, then end.")
@click.pass_obj
def deliver(home: str | None, once: bool) -> None:
    """
    Deliver events, and send notices, until Ctrl-C. Several may run; each subscription is delivered by one at a time.

    \b
    Example:
      goldenthread events deliver
      goldenthread events deliver --once
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.work.events import Deliverer, tick
    from goldenthread.work.notices import tick as tell

    with opened(home) as place:
        if once:
            say(*_told(tick(place.ledger, place.home)))
            tell(place.ledger, place.home)
            return
        for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background job begins with Ctrl-C ignored
            signal.signal(ending, _stop)
        deliverer = Deliverer(place.ledger, place.home)
        said = _Said()
        try:
            while True:
                said.unless_well(deliverer.tick)
                said.unless_well(lambda: tell(place.ledger, place.home))
                time.sleep(_PAUSE_S)
        except KeyboardInterrupt:
            say("Ending when the attempts under way have ended.")
        finally:
            deliverer.close()


class _Said:
    """What went wrong with a round, said once: with the database away, or the extra missing, the next one comes."""

    def __init__(self) -> None:
        self._words: set[str] = set()

    def unless_well(self, work: Callable[[], object]) -> None:
        """Do it; what is wrong with it is said, unless it was already."""
        try:
            work()
        except GoldenthreadError as problem:
            if problem.code not in self._words:
                click.echo(str(problem), err=True)
            self._words.add(problem.code)


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Ended from outside is as good as Ctrl-C."""
    raise KeyboardInterrupt


def _told(ticked: Ticked) -> Iterator[str]:
    for id, one in ticked.passed.items():
        busy = " (another process is at it)" if one.busy else ""
        yield f"{id}: {one.arrived} arrived, {one.failed} attempts failed, {one.parked} parked{busy}."
    for id, words in ticked.left_out.items():
        yield f"{id}: nothing sent: {words}"
    if not ticked.passed and not ticked.left_out:
        yield "Nobody subscribed to events."


def _delivery_rows(waiting: list[Delivery]) -> Iterator[tuple[object, ...]]:
    for one in waiting:
        behind = one.state == "waiting" and one.attempts == 0
        due = "" if one.state == "parked" else "after the one before" if behind else moment(one.due)
        yield f"{one.chain}/{one.seq}", one.lane[:8], one.state, one.attempts, due, one.error or ""
