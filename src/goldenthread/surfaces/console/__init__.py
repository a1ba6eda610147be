"""
The console: pages for people, each with a `.json` twin, drawn on the server, and the forms by which they act.

Knows how a view is shown, who may ask for it, and which one call a form makes. Refuses to decide, and to compute what
views compute: guard, inbox and signing ask again for every right.
Invariants: own host and origin only; no page without a session, and none without the right that it takes; a deed needs
its session's token, and is signed with the key of whoever does it; pages work without script, nothing is fetched from
elsewhere; state is never told by colour alone; an error is a page with the code that the command line gives.
"""

from goldenthread.surfaces.console.application import application
from goldenthread.surfaces.console.serving import Console, serve

__all__ = ["Console", "application", "serve"]
