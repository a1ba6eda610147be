"""Cancelling a durable run: its turns, and with them what its run in the guard asked people."""

from __future__ import annotations

from goldenthread.control.guard import Desk, end_left_run
from goldenthread.work.runtime import Submission, Submissions


def cancel_submission(submissions: Submissions, name: str) -> Submission:
    """
    End a durable run, by its id or the first letters of it.

    Raises:
        SubmissionUnknown, SubmissionEnded: There is none; it ended before.
    """
    cancelled = submissions.cancel(name)
    end_left_run(Desk(submissions.ledger, cancelled.slice), cancelled.case_ref, "superseded")
    return cancelled
