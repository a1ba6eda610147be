"""`goldenthread contract signatures`, `ask` and `refuse`: what people are asked to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.control.signing import SignOff


@click.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def signatures(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    List the signatures that contracts, and releases of agents, wait for: whose, since when, and by when; in one slice
    or in all.

    \b
    Example:
      goldenthread contract signatures
    """
    from goldenthread.control.signing import sign_offs
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        slices = [place.chosen(slice_name)] if slice_name else place.slices()
        found = [one for name in slices for one in sign_offs(place.desk(name))]
    if as_json:
        emit(found)
        return
    if not found:
        say("No contract waits for a signature, and no release.")
        return
    rows = [
        (f"{one.slice} {_of(one)}", one.name, one.role, _state(one), moment(one.asked_at), moment(one.due))
        for one in found
    ]
    table(("what", "who", "as", "state", "asked", "due"), rows)
    say(*(f"{one.name} refuses {_of(one, 'version ')} of '{one.slice}': {one.reason}" for one in found if one.reason))


@click.command("ask")
@click.argument("slice_name", metavar="SLICE")
@click.argument("name")
@click.option("--as", "by", required=True, metavar="WHO", help="Who asks: an owner, expert or administrator.")
@click.option("--version", type=int, help="Which version; by default the newest that waits.")
@click.option("--within", default="5 d", show_default=True, help="Working time until it is due.")
@click.pass_obj
def ask_sign(home: str | None, slice_name: str, name: str, by: str, version: int | None, within: str) -> None:
    """
    Ask NAME for their signature under a contract, on record; also again, after they refused.

    \b
    Example:
      goldenthread contract ask intake open-source-lead@example.com --as maya@example.com --within "3 d"
    """
    from goldenthread.control.signing import ask_signature, sign_offs
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        desk = place.desk(slice_name)
        record = ask_signature(desk, place.keys(by), name, by=by, version=version, within=within)
        asked = next(
            one
            for one in sign_offs(desk)
            if one.fingerprint is None and (one.name, one.version) == (name, record.data["version"])
        )
    away = f" {name} is away until {moment(asked.away_until) or 'they return'}." if asked.away else ""
    say(f"{name} is asked to sign version {asked.version} of '{slice_name}' by {moment(asked.due)}.{away}")


@click.command()
@click.argument("slice_name", metavar="SLICE")
@click.option("--reason", required=True, help="What is wrong with it; it stands on record.")
@click.option("--as", "by", required=True, metavar="NAME", help="Who refuses: somebody whom the contract names.")
@click.option("--version", type=int, help="Which version; by default the newest that waits.")
@click.pass_obj
def refuse(home: str | None, slice_name: str, reason: str, by: str, version: int | None) -> None:
    """
    Refuse to sign a contract, with the reason on record. Signing it later is still possible.

    \b
    Example:
      goldenthread contract refuse intake --reason "the limit is too wide" --as open-source-lead@example.com
    """
    from goldenthread.control.signing import refuse_signature
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        record = refuse_signature(place.desk(slice_name), place.keys(by), reason, by=by, version=version)
    where = f"record {record.chain}#{record.seq}"
    say(f"{by} refuses to sign version {record.data['version']} of '{slice_name}' ({where}).")


def _of(one: SignOff, version: str = "") -> str:
    from goldenthread.surfaces.views.releases import short

    return f"release {short(one.fingerprint)}" if one.fingerprint is not None else f"{version}{one.version}"


def _state(one: SignOff) -> str:
    away = ", and they are away" if one.away else ""
    return f"{one.state}{away}"
