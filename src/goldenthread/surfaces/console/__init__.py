"""
The console: read-only pages for people, each with a `.json` twin, drawn on the server.

Knows how a view is shown, and who may ask for it. Refuses to decide, to write, and to compute what views compute.
Invariants: loopback only, this machine's own host and origin only, and a session from the terminal's one-time
token; GET and HEAD only; no script, nothing fetched from elsewhere; state is never told by colour alone; an error
is a page with the code that the command line gives.
"""

from goldenthread.surfaces.console.application import application
from goldenthread.surfaces.console.serving import Console, serve

__all__ = ["Console", "application", "serve"]
