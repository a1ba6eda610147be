"""`goldenthread release`: sign what an agent is made of before it goes above draft, and see what is other in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.control.signing import SignedRelease
    from goldenthread.surfaces.views import ReleaseView

_FINGERPRINT = click.argument("fingerprint")
_SLICE = click.argument("slice_name", metavar="SLICE")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_STATES = {
    "signed": "signed",
    "waits": "waits for signatures",
    "refused": "refused",
    "unasked": "needs no signature under the contract in force",
}


@click.group()
def release() -> None:
    """
    Sign releases of agents: what an agent is made of (model, prompts, tools, code), under one fingerprint.

    Where the contract says who signs each release, one that lacks a signature goes no higher than draft. A release is
    named by its fingerprint or by the first six digits of it, or more.

    \b
    Example:
      goldenthread release list intake
      goldenthread release show intake 3f9a1c
      goldenthread release sign intake 3f9a1c --as expert@example.com
    """


@release.command("list")
@click.argument("slice_name", metavar="[SLICE]", required=False)
@_JSON
@click.pass_obj
def list_releases(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    List every release that was declared, the newest first, in one slice or in all: who signed it, and who must.

    \b
    Example:
      goldenthread release list intake
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import releases

    with opened(home) as place:
        slices = [place.chosen(slice_name)] if slice_name else place.slices()
        found = [one for name in slices for one in releases(place.desk(name))]
    if as_json:
        emit(found)
    elif not found:
        say("No agent has declared a release yet.")
    else:
        columns = ("slice", "release", "agent", "declared", "state", "signed by", "missing", "level")
        table(columns, [_cells(one) for one in found])


@release.command()
@_SLICE
@_FINGERPRINT
@_JSON
@click.pass_obj
def show(home: str | None, slice_name: str, fingerprint: str, as_json: bool) -> None:
    """
    Show a release: what is other in it than in the one signed before, what it has shown so far, and who must sign it.

    \b
    Example:
      goldenthread release show intake 3f9a1c
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import release as view_release

    with opened(home) as place:
        found = view_release(place.desk(slice_name), fingerprint)
    if as_json:
        emit(found)
    else:
        say(*_lines(found))


@release.command()
@_SLICE
@_FINGERPRINT
@click.option("--as", "by", required=True, metavar="NAME", help="Who signs, with their key in this home.")
@click.pass_obj
def sign(home: str | None, slice_name: str, fingerprint: str, by: str) -> None:
    """
    Sign a release. The last signature lets it use what it has earned.

    \b
    Example:
      goldenthread release sign intake 3f9a1c --as expert@example.com
    """
    from goldenthread.control.signing import sign_release
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        signed = sign_release(place.desk(slice_name), place.keys(by), fingerprint, by=by)
    say(*_signed(signed, by))


@release.command()
@_SLICE
@_FINGERPRINT
@click.option("--reason", required=True, help="What is wrong with it; it stands on record.")
@click.option("--as", "by", required=True, metavar="NAME", help="Who refuses: somebody who must sign it.")
@click.pass_obj
def refuse(home: str | None, slice_name: str, fingerprint: str, reason: str, by: str) -> None:
    """
    Refuse to sign a release, or take your signature on it back. From then on it goes no higher than draft, until you
    sign it.

    \b
    Example:
      goldenthread release refuse intake 3f9a1c --reason "it cites what is not there" --as expert@example.com
    """
    from goldenthread.control.signing import refuse_release
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        record = refuse_release(place.desk(slice_name), place.keys(by), fingerprint, reason, by=by)
    where = f"record {record.chain}#{record.seq}"
    say(f"{by} does not sign release {_short(record.data['fingerprint'])} of '{slice_name}' ({where}).")


@release.command()
@_SLICE
@_FINGERPRINT
@click.argument("name")
@click.option("--as", "by", required=True, metavar="WHO", help="Who asks: an owner, expert or administrator.")
@click.option("--within", default="5 d", show_default=True, help="Working time until it is due.")
@click.pass_obj
def ask(home: str | None, slice_name: str, fingerprint: str, name: str, by: str, within: str) -> None:
    """
    Ask NAME again for their signature on a release, as after they refused. Its declaration has asked once.

    \b
    Example:
      goldenthread release ask intake 3f9a1c expert@example.com --as maya@example.com --within "2 d"
    """
    from goldenthread.control.signing import ask_release, sign_offs
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        desk = place.desk(slice_name)
        record = ask_release(desk, place.keys(by), fingerprint, name, by=by, within=within)
        asked = {(one.fingerprint, one.name): one for one in sign_offs(desk)}.get((record.data["fingerprint"], name))
    due = f" by {moment(asked.due)}" if asked is not None else ""
    away = f" {name} is away until {moment(asked.away_until) or 'they return'}." if asked and asked.away else ""
    say(f"{name} is asked to sign release {_short(record.data['fingerprint'])} of '{slice_name}'{due}.{away}")


def _cells(one: ReleaseView) -> list[object]:
    signed, missing = (", ".join(each.by for each in people) for people in (one.signatures, one.missing))
    return [one.slice, one.short, one.agent, moment(one.declared_at), one.state, signed, missing, one.level.value]


def _lines(one: ReleaseView) -> list[str]:
    earned = f", having earned {one.earned}" if one.earned != one.level else ""
    lines = [
        f"Release {one.short} of {one.agent} in {one.slice}: {_STATES[one.state]}.",
        f"Declared {moment(one.declared_at)} ({one.place}){'' if one.newest else '; a newer one is declared since'}.",
        "",
    ]
    compared = f"Other than in {_short(one.before)}, which was signed before" if one.before is not None else None
    lines += [compared or "No release of this agent was signed before. It is made of"]
    lines += [f"  {change}" for change in one.changes] or ["  nothing"]
    cases = "no case" if not one.cases else "1 case" if one.cases == 1 else f"{one.cases:,} cases"
    lines += ["", f"Shown so far: {cases}; at {one.level}{earned}.", f"  {one.reason}."]
    lines += [f"  {words}" for words in one.evidence]
    lines += [""] if one.signatures or one.missing else []
    lines += [f"Signed by {each.by} as {each.role}, {moment(each.at)} ({each.place})." for each in one.signatures]
    lines += [f"Refused by {words}" for words in one.refusals]
    lines += ["Still to sign:", *(f"  {command}" for command in one.commands)] if one.commands else []
    return lines


def _signed(signed: SignedRelease, by: str) -> list[str]:
    name = f"release {_short(signed.fingerprint)} of {signed.agent} in '{signed.slice}'"
    if signed.record is None:
        lines = [f"{by} signed {name} before, as {signed.role}; nothing was recorded."]
    else:
        where = f"record {signed.record.chain}#{signed.record.seq}"
        lines = [f"{by} signed {name} as {signed.role} ({where}), {signed.fingerprint}."]
    if not signed.missing:
        return [*lines, f"Everybody has signed: it may use what it has earned, {signed.level}."]
    command = f"goldenthread release sign {signed.slice} {_short(signed.fingerprint)} --as"
    return [*lines, "Still to sign:", *(f"  {who} as {role}: {command} {who}" for who, role in signed.missing.items())]


def _short(fingerprint: str) -> str:
    from goldenthread.surfaces.views.releases import short

    return short(fingerprint)
