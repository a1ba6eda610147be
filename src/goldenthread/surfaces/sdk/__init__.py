"""
The Python SDK: what an engineer writes to put an agent under contract.

Knows how calls of an agent become requests to the guard and what comes back. Refuses to decide anything
itself. Invariants: a consequential call takes effect only with a permit that was durable before; what stops a
run on purpose (Waiting, Drafted, Denied, Escalated) is no fault; what an agent says of itself is no evidence.
"""

from goldenthread.surfaces.sdk.a2a import TASK_STATES, task_state
from goldenthread.surfaces.sdk.knowledge import Document
from goldenthread.surfaces.sdk.run import Run
from goldenthread.surfaces.sdk.thread import Thread, connect

__all__ = ["TASK_STATES", "Document", "Run", "Thread", "connect", "task_state"]
