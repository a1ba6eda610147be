"""`python -m goldenthread.products.open_source_intake demo | work`."""

from __future__ import annotations

import sys

import click

import goldenthread
from goldenthread.products.open_source_intake import demo, live
from goldenthread.surfaces.cli import end_in_order


@click.group()
def main() -> None:
    """May this open-source package enter our product? The reference product of goldenthread."""


@main.command("demo")
@click.option("--serve/--no-serve", default=None, help="Serve the console at the end; by default at a terminal only.")
@click.option(
    "--live", "live_cases", default=20, show_default=True, help="How many packages are held back as live work."
)
def demo_command(serve: bool | None, live_cases: int) -> None:
    """Run the whole story on the packages installed here, in a home of its own."""
    demo.play(serve=sys.stdin.isatty() and sys.stdout.isatty() if serve is None else serve, live_cases=live_cases)


@main.command("work")
def work_command() -> None:
    """Go on with the cases that waited for a person, as far as people have answered."""
    live.go_on()


if __name__ == "__main__":
    end_in_order()
    try:
        main(prog_name="python -m goldenthread.products.open_source_intake")
    except goldenthread.GoldenthreadError as problem:
        sys.exit(str(problem))
