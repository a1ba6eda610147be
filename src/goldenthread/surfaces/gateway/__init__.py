"""
The MCP gateway: in front of any MCP server, so that any MCP client's tools are under contract.

Knows tools as an MCP server describes them, which call of which case a request is, and what a client is told. Refuses
to decide, and to pass on anything but tools. Invariants: nothing reaches the server without a permit that was used, a
silent read apart; a tool that is not the pinned one is neither listed nor called; whatever fails, times out or is
unknown is no call; an annotation of a tool is a hint and never a permission.
"""

from goldenthread.surfaces.gateway.drafting import draft_contract
from goldenthread.surfaces.gateway.gateway import Gateway
from goldenthread.surfaces.gateway.pins import Pins, ToolState, compare, load_pins, pin
from goldenthread.surfaces.gateway.tools import Tool

__all__ = ["Gateway", "Pins", "Tool", "ToolState", "compare", "draft_contract", "load_pins", "pin"]
