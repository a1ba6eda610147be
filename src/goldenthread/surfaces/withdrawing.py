"""Cancelling a durable run: its turns, and with them what its run in the guard asked people."""

from __future__ import annotations

from goldenthread.control.guard import Desk, end_left_run
from goldenthread.promise.errors import SubmissionEnded
from goldenthread.work.runtime import Submission, Submissions


def cancel_submission(submissions: Submissions, name: str) -> Submission:
    """
    End a durable run, by its id or the first letters of it.

    Raises:
        SubmissionUnknown, SubmissionEnded: There is none; it ended before.
    """
    try:
        cancelled = submissions.cancel(name)
    except SubmissionEnded:
        ended = submissions.find(name)
        if ended.state == "cancelled" and not submissions.is_open(ended.slice, ended.case_ref):
            # Whoever cancelled it may have died before its questions were withdrawn; a case that was handed in anew
            # since is not theirs to end.
            end_left_run(Desk(submissions.ledger, ended.slice), ended.case_ref, "superseded")
        raise
    end_left_run(Desk(submissions.ledger, cancelled.slice), cancelled.case_ref, "superseded")
    return cancelled
