"""
The agent's side of enforcing mode: the same `with thread.run(...)`, asked of a server.

Knows how an agent's call becomes a request, and a permit a call of a tool. Refuses to hold a database, a key or a
tool's credential. Invariants: a tool is called only with a permit that the server signed; what the server does not
answer does not happen; what stops a run on purpose is no fault.
"""

from goldenthread.surfaces.remote.permit import Permit
from goldenthread.surfaces.remote.run import RemoteRun
from goldenthread.surfaces.remote.thread import RemoteThread

__all__ = ["Permit", "RemoteRun", "RemoteThread"]
