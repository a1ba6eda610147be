"""
The tool's side of enforcing mode: what owns a tool verifies a permit, consumes it, acts, and says what came of it.

Knows signed permits, the server's keys and the tool's own functions. Refuses to know contracts, levels and agents'
reasons. Invariants: nothing runs without a permit that verifies here and is consumed at the server within a second;
what was read is handed out only after the server has taken it down; an answer that never came is a no.
"""

from goldenthread.surfaces.toolside.tool import ToolSide

__all__ = ["ToolSide"]
