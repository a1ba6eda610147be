"""`goldenthread gateway`: an MCP server's tools under contract, for any MCP client."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goldenthread.surfaces.cli.arguments import read_at_most, require_folder_of, write_text
from goldenthread.surfaces.cli.terminal import emit, say, table

if TYPE_CHECKING:
    from goldenthread.promise.values import Json
    from goldenthread.surfaces.gateway.running import Behind

_LARGEST_MANIFEST = 256 * 1024


@click.group()
def gateway() -> None:
    """
    Put an MCP server's tools under contract: any MCP client uses them as before, and each call is decided first.

    \b
    Example:
      goldenthread gateway run --slice intake --agent clerk --upstream "mcp-server-git --repository /srv/intake"
    """


def _behind(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which server."""
    for option in (
        click.option("--upstream-token", "token_name", metavar="NAME", help="Variable with the server's bearer token."),
        click.option("--env", "names", multiple=True, metavar="NAME", help="Hand this variable on to the server."),
        click.option(
            "--name", "prefix", default="", metavar="NAME", help="Actions are called NAME_tool; pins go by it."
        ),
        click.option("--upstream", required=True, metavar="COMMAND", help="Command or http(s) address of the server."),
    ):
        command = option(command)
    return command


_SLICE = click.option("--slice", "slice_name", required=True, metavar="SLICE", help="Whose contract holds.")
_AGENT = click.option("--agent", required=True, metavar="NAME", help="The agent that is served, as it was granted.")


@gateway.command("run")
@_SLICE
@_AGENT
@_behind
@click.option("--case", metavar="CASE", help="All calls belong to this case. Without it, one case a session.")
@click.option("--client-names-cases", is_flag=True, help="Believe the client's program when it names a case.")
@click.option("--manifest", type=click.Path(dir_okay=False, path_type=Path), help="What the agent is made of, as JSON.")
@click.option("--http", "port", type=click.IntRange(0, 65535), help="Serve HTTP on this port of this machine.")
@click.option("--idle", default=30.0, show_default=True, type=click.FloatRange(0.01), help="Minutes until a case ends.")
@click.option("--timeout", default=60.0, show_default=True, type=click.FloatRange(0.1), help="Seconds a tool may take.")
@click.option(
    "--enforcing/--cooperative",
    "enforcing",
    default=None,
    help="Whether the agent is kept from this home and the server. By default what can be seen.",
)
@click.pass_obj
def run_gateway(
    home: str | None,
    slice_name: str,
    agent: str,
    upstream: str,
    prefix: str,
    names: tuple[str, ...],
    token_name: str | None,
    case: str | None,
    client_names_cases: bool,
    manifest: Path | None,
    port: int | None,
    idle: float,
    timeout: float,
    enforcing: bool | None,
) -> None:
    """
    Serve an agent's MCP client: on standard input and output, or with --http at http://127.0.0.1:PORT/mcp.

    Over HTTP each request carries a token: GOLDENTHREAD_GATEWAY_TOKEN, else a new one, printed at the start. All that
    is said goes to standard error.

    \b
    Example:
      goldenthread gateway run --slice intake --agent clerk --upstream mcp-server-time
      goldenthread gateway run --slice intake --agent clerk --upstream mcp-server-time --http 7010
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.gateway.gateway import Terms
    from goldenthread.surfaces.gateway.running import run
    from goldenthread.surfaces.gateway.server import require_mcp
    from goldenthread.surfaces.served import bind

    require_mcp()
    behind = _server(upstream, prefix, names, token_name)
    made_of = _manifest(manifest)
    with opened(home) as place:
        bound = bind("gateway", "127.0.0.1", port, option="--http") if port is not None else None
        token = _token(bound)
        run(
            _office(place, agent, made_of, _mode(enforcing, over_http=bound is not None)),
            behind,
            Terms(
                slice=place.chosen(slice_name),
                prefix=prefix,
                case=case,
                client_names_cases=client_names_cases,
                tool_s=timeout,
            ),
            idle_s=idle * 60,
            bound=bound,
            token=token,
            say=_tell,
        )


@gateway.command("draft")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--slice", "slice_name", required=True, metavar="SLICE", help="The slice that the contract is to be for.")
@_behind
def draft(
    file: Path | None, slice_name: str, upstream: str, prefix: str, names: tuple[str, ...], token_name: str | None
) -> None:
    """
    Write the skeleton of a contract from what a server says of its tools; to FILE, or to be read here.

    What the server says is a hint: each effect is a question to the owner, and a tool that nobody judged is
    irreversible.

    \b
    Example:
      goldenthread gateway draft clerk.yaml --slice clerk --upstream "mcp-server-git --repository /srv/intake"
    """
    from goldenthread.promise.errors import ValueProblem
    from goldenthread.surfaces.gateway import draft_contract
    from goldenthread.surfaces.gateway.running import tools_of

    if file is not None:
        require_folder_of(file)
        if file.exists():
            raise ValueProblem(f"{file} is there already and is never overwritten. Name another file.")
    text = draft_contract(slice_name, tools_of(_server(upstream, prefix, names, token_name)), prefix=prefix)
    if file is None:
        say(text.rstrip("\n"))
        return
    write_text(file, text)
    say(f"Wrote {file}. Go through every line marked '# ?'.")


@gateway.command("pin")
@_SLICE
@_AGENT
@_behind
@click.option("--by", metavar="NAME", help="Who has looked at the changes and pins what there is now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def pin_tools(
    home: str | None,
    slice_name: str,
    agent: str,
    upstream: str,
    prefix: str,
    names: tuple[str, ...],
    token_name: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    """
    Show what has changed in a server's tools since they were pinned; with --by, pin what there is now.

    The agent with these tools is another one: it begins at the level where agents start. Restart its gateway.

    \b
    Example:
      goldenthread gateway pin --slice intake --agent clerk --upstream mcp-server-time
      goldenthread gateway pin --slice intake --agent clerk --upstream mcp-server-time --by lee@example.com
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.gateway import Pins, compare, load_pins, pin
    from goldenthread.surfaces.gateway.running import tools_of

    behind = _server(upstream, prefix, names, token_name)
    with opened(home) as place:
        place.chosen(slice_name)
        pins = load_pins(place.ledger, slice_name, agent, behind.name)
        known = pins or Pins(server=behind.name, agent=agent, by="nobody", tools={})
        ring = place.keys(by) if by is not None else None
        offered = tools_of(behind)
        states = compare(known, offered)
        if by is not None and ring is not None:
            pin(place.ledger, ring, slice_name, agent, behind.name, offered, by=by)
    if as_json:
        emit([{"tool": one.name, "state": one.state, "changes": list(one.changes)} for one in states])
        return
    table(["tool", "state", "what"], [[one.name, one.state, ", ".join(one.changes)] for one in states])
    for one in states:
        for part in one.changes:
            then, now = known.tools[one.name].record()[part], offered[one.name].record()[part]
            say(f"{one.name} {part}", f"  was {json.dumps(then)}", f"  is  {json.dumps(now)}")
    say(
        f"Pinned by {by}: {len(offered)} tools. The agent begins anew with them; restart its gateway."
        if by is not None
        else f"Pinned by {known.by}. Add --by NAME to pin what there is now."
    )


def _server(upstream: str, prefix: str, names: tuple[str, ...], token_name: str | None) -> Behind:
    from goldenthread.surfaces.gateway.running import Behind, environment_of

    token = environment_of([token_name])[token_name] if token_name is not None else None
    return Behind(name=prefix or "mcp", upstream=upstream, environment=environment_of(names), token=token)


def _manifest(file: Path | None) -> dict[str, Json]:
    from goldenthread.promise.errors import ValueProblem

    if file is None:
        return {}
    try:
        found = json.loads(read_at_most(file, _LARGEST_MANIFEST))
    except ValueError as problem:
        raise ValueProblem(f"{file} is no JSON ({problem}). {_SHAPE}") from problem
    if not isinstance(found, dict) or "gateway" in found:
        raise ValueProblem(f"{file} is no manifest: an object, without 'gateway', which is the gateway's own. {_SHAPE}")
    return found


_SHAPE = 'Write e.g. {"model": "a-model-2026-10", "prompts": "sha256:..."}.'


def _mode(enforcing: bool | None, *, over_http: bool) -> Any:
    from goldenthread.promise.values import TrustMode
    from goldenthread.surfaces.gateway.running import mode_of_pipes

    if enforcing is not None:
        return TrustMode.ENFORCING if enforcing else TrustMode.COOPERATIVE
    return TrustMode.ENFORCING if over_http else mode_of_pipes()


def _office(place: Any, agent: str, manifest: dict[str, Json], mode: Any) -> Any:
    import goldenthread
    from goldenthread.surfaces.gateway.running import Office

    return Office(
        ledger=place.ledger,
        keys=place.keys(),
        agent=agent,
        mode=mode,
        version=goldenthread.__version__,
        manifest=manifest,
    )


def _token(bound: Any) -> str:
    import os

    from goldenthread.surfaces.gateway.server import new_token

    if bound is None:
        return ""
    token = os.environ.get("GOLDENTHREAD_GATEWAY_TOKEN") or new_token()
    if not os.environ.get("GOLDENTHREAD_GATEWAY_TOKEN"):
        _tell(f"Authorization: Bearer {token}")
    return token


def _tell(words: str) -> None:
    """Standard output belongs to the client."""
    click.echo(words, err=True)
