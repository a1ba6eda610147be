"""
What the tools of the known benchmarks do.

Only tools listed here by their whole name are taken for reads; any other may change something. Which effect an action
has under a contract is the contract's word, not this list's.
"""

from __future__ import annotations

_READS = frozenset(
    """
    calculate find_user_id_by_email find_user_id_by_name_zip get_flight_status get_order_details get_product_details
    get_reservation_details get_user_details list_all_airports list_all_product_types search_direct_flight
    search_onestop_flight think
    """.split()
)

_HANDS_OVER = frozenset({"transfer_to_human_agents"})


def changes_something(tool: str) -> bool:
    """Whether a call may change something outside the conversation; a hand-over to people does not."""
    return tool not in _READS and tool not in _HANDS_OVER


def hands_over(tool: str) -> bool:
    """Whether the tool gives the case to a person."""
    return tool in _HANDS_OVER
