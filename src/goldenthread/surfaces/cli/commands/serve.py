"""`goldenthread serve`."""

from __future__ import annotations

import gc
import signal
from pathlib import Path
from types import FrameType

import click

from goldenthread.surfaces.cli.terminal import say


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="An IP address of this machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=7443, show_default=True, help="0: any that is free.")
@click.option("--tls-certificate", type=click.Path(dir_okay=False, path_type=Path), help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(dir_okay=False, path_type=Path), help="Its private key, PEM.")
@click.option("--plain", is_flag=True, help="Serve other machines without TLS: something else encrypts.")
@click.pass_obj
def serve(
    home: str | None, host: str, port: int, tls_certificate: Path | None, tls_key: Path | None, plain: bool
) -> None:
    """
    Serve the guard to agents and tools that are other processes (enforcing mode), until Ctrl-C.

    This process alone holds ledger, case keys and signing key. Agents and tools come with tokens.

    \b
    Example:
      goldenthread serve
      goldenthread serve --host 0.0.0.0 --tls-certificate guard.pem --tls-key guard.key
    """
    from goldenthread.surfaces.api import SIGNER, Tls
    from goldenthread.surfaces.api import serve as serve_guard
    from goldenthread.surfaces.cli.place import opened

    if (tls_certificate is None) is not (tls_key is None):
        raise click.UsageError("--tls-certificate and --tls-key go together.")
    tls = Tls(certificate=tls_certificate, key=tls_key) if tls_certificate and tls_key else None
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background job begins with Ctrl-C ignored
        signal.signal(ending, _stop)
    with opened(home) as place:
        ring = place.keys(new=SIGNER, unattended=True)
        with serve_guard(place.ledger, ring, host=host, port=port, tls=tls, plain=plain) as server:
            say(f"The guard is served at {server.url}; permits are signed with {server.house.public_key}.")
            if tls is None:
                say("The line is not encrypted here: tokens must pass nowhere that others can listen.")
            say("Ctrl-C ends it.")
            gc.collect()
            gc.freeze()  # what was made until here lasts: to look through it again costs permits a tenth of their time
            server.run()
    say("The server has ended.")


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Ended from outside is as good as Ctrl-C: what was opened is closed again."""
    raise KeyboardInterrupt
