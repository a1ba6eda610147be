"""
Viewpoints: what people keep of a page's address under a name, each their own, and those that are shared with everybody.

Knows who keeps which query under which name, and which of them a page begins with. Refuses to know what a query means.
Invariants: a convenience, no record: nothing here is evidence, and all of it may be lost; nobody changes another's; at
most one of each person's views comes first, and one of the shared.
"""

from goldenthread.record.viewpoints.keeping import MOST, SHARED, Viewpoint, forget, keep, viewpoints
from goldenthread.record.viewpoints.schema import VIEWPOINTS_SCHEMA

__all__ = ["MOST", "SHARED", "VIEWPOINTS_SCHEMA", "Viewpoint", "forget", "keep", "viewpoints"]
