"""`goldenthread` as people type it, and what comes of it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from click.testing import CliRunner

from goldenthread.surfaces.cli import application


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str


class Terminal:
    """No real one: what is printed is plain."""

    def __call__(self, line: str, *words: str, given: str | None = None) -> Ran:
        """Type `goldenthread LINE`; extra words are taken as they are."""
        arguments = [*shlex.split(line), *words]
        result = CliRunner().invoke(application, arguments, input=given, prog_name="goldenthread")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(code=result.exit_code, out=result.stdout, err=result.stderr)

    def done(self, line: str, *words: str, given: str | None = None) -> str:
        """The output of what must succeed."""
        ran = self(line, *words, given=given)
        assert (ran.code, ran.err) == (0, ""), ran
        return ran.out

    def refused(self, line: str, *words: str, given: str | None = None) -> str:
        """The error of what must be refused, and nothing beside it."""
        ran = self(line, *words, given=given)
        assert (ran.code, ran.out) == (1, ""), ran
        return ran.err.removesuffix("\n")


def steady(text: str) -> str:
    """Text with what differs from run to run written alike: digests, keys, ids, times."""
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:<digest>", text)
    text = re.sub(r"sha256:[0-9a-f]{12}\.\.\.", "sha256:<digest>", text)
    text = re.sub(r"\b[0-9a-f]{16}\.\.\.", "<key>", text)
    text = re.sub(r"\b[0-9a-f]{16}\b", "<id>", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "<time>", text)
