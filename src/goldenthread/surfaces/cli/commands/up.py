"""`goldenthread up`."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType

import click

from goldenthread.surfaces.cli.terminal import say


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="By default any that is free.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="An IP address of this machine; others need TLS or --plain."
)
@click.option("--as", "name", metavar="NAME", help="Whom to act as to begin with; by default nobody.")
@click.option("--sign-in", is_flag=True, help="People sign in, on this machine too.")
@click.option("--tls-certificate", type=click.Path(dir_okay=False, path_type=Path), help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(dir_okay=False, path_type=Path), help="Its private key, PEM.")
@click.option("--plain", is_flag=True, help="Something in front encrypts, and adds X-Forwarded-For; needs --url.")
@click.option("--url", default="", help="Where people open it, https; by default `url` of the home's console.toml.")
@click.pass_obj
def up(
    home: str | None,
    port: int,
    host: str,
    name: str | None,
    sign_in: bool,
    tls_certificate: Path | None,
    tls_key: Path | None,
    plain: bool,
    url: str,
) -> None:
    """
    Serve the console, until Ctrl-C: on this machine to whoever opens the address that is printed, once; with
    --sign-in, and on any other address, to people with an account.

    \b
    Example:
      goldenthread up --port 7007
      goldenthread up --as lee@example.com
      goldenthread up --sign-in --port 7007
      goldenthread up --host 0.0.0.0 --port 443 --tls-certificate chain.pem --tls-key key.pem --url https://gt.example.com
    """
    from goldenthread.record.metrics import folder_of
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.console import serve
    from goldenthread.surfaces.making import made
    from goldenthread.surfaces.served import Tls

    if (tls_certificate is None) is not (tls_key is None):
        raise click.UsageError("--tls-certificate and --tls-key go together.")
    tls = Tls(certificate=tls_certificate, key=tls_key) if tls_certificate and tls_key else None
    if name is not None and (sign_in or tls or plain):
        raise click.UsageError("Who signs in acts as themselves; leave --as out.")
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background job begins with Ctrl-C ignored
        signal.signal(ending, _stop)
    with (
        opened(home) as place,
        serve(
            place.ledger,
            host=host,
            port=port,
            facts=folder_of(place.home.path),
            home=place.home,
            name=name,
            sign_in=sign_in,
            tls=tls,
            plain=plain,
            url=url,
        ) as console,
        made(place.ledger),
    ):
        if console.signs_in:
            say(f"The console is at {console.url}; people sign in. Invite them with `goldenthread account invite`.")
        else:
            say(f"The console is open, once, at {console.entry}")
        say("Ctrl-C ends it.")
        console.run()
    say("The console has ended.")


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Ended from outside is as good as Ctrl-C: what was opened is closed again."""
    raise KeyboardInterrupt
