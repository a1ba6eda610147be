"""
The command line: `goldenthread COMMAND`.

Knows how words typed at a terminal become one call of a room below, and how its answer is printed. Refuses to
decide, to compute and to touch the database itself. Invariants: an error is `code: message` on stderr with exit
code 1, never a traceback; a passphrase never comes by argument; what is piped is plain, without colour; what is
listed or shown can also be had as JSON; a command loads only what it needs.
"""

from goldenthread.surfaces.cli.application import application, main
from goldenthread.surfaces.cli.endings import end_in_order

__all__ = ["application", "end_in_order", "main"]
