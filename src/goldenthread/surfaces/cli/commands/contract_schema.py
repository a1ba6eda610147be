"""`goldenthread contract schema`."""

from __future__ import annotations

import click

from goldenthread.surfaces.cli.terminal import emit


@click.command()
def schema() -> None:
    """
    Print the JSON Schema (2020-12) of a contract: an editor that knows it completes keys and marks what does not fit.

    \b
    Example:
      goldenthread contract schema > contract.schema.json
    """
    from goldenthread.promise.contract.schema import contract_schema

    emit(contract_schema())
