"""Errors as pages and as JSON, with the code that the command line gives, and the status that fits."""

from __future__ import annotations

from goldenthread.promise.errors import (
    ActionUnknown,
    AnswerInvalid,
    CaseUnknown,
    ConsoleBusy,
    ContractConflict,
    ContractNotFound,
    FormRefused,
    GoldenthreadError,
    InboxItemChanged,
    InboxItemClaimed,
    InboxItemClosed,
    InboxItemExpired,
    InboxItemNotFound,
    IncidentOpen,
    IncidentUnknown,
    KeyLocked,
    KeyMissing,
    LinkRefused,
    MethodRefused,
    MetricUnknown,
    NotPermitted,
    OutcomeUnknown,
    PageNotFound,
    PrincipalUnknown,
    RecordUnknown,
    RequestRefused,
    RightMissing,
    SecondRole,
    StopUnknown,
    StoreError,
    TokenRefused,
    ValueProblem,
)

_STATUSES: tuple[tuple[int, tuple[type[GoldenthreadError], ...]], ...] = (
    (
        404,
        (
            ActionUnknown,
            CaseUnknown,
            ContractNotFound,
            InboxItemNotFound,
            IncidentUnknown,
            MetricUnknown,
            OutcomeUnknown,
            PageNotFound,
            RecordUnknown,
            StopUnknown,
        ),
    ),
    (405, (MethodRefused,)),
    (
        403,
        (
            FormRefused,
            KeyLocked,
            KeyMissing,
            LinkRefused,
            NotPermitted,
            RequestRefused,
            RightMissing,
            SecondRole,
            TokenRefused,
        ),
    ),
    (
        409,
        (
            ConsoleBusy,
            ContractConflict,
            InboxItemChanged,
            InboxItemClaimed,
            InboxItemClosed,
            InboxItemExpired,
            IncidentOpen,
        ),
    ),
    (422, (AnswerInvalid, PrincipalUnknown, ValueProblem)),
    (503, (StoreError,)),
)


def status_of(error: Exception) -> int:
    """The status of an answer that says this error; 500 for a fault of ours."""
    return next((status for status, kinds in _STATUSES if isinstance(error, kinds)), 500)


def told(error: Exception) -> tuple[str, str]:
    """Code and words; of a fault of ours no more than its kind."""
    if isinstance(error, GoldenthreadError):
        return error.code, error.message
    words = f"{type(error).__name__}: {error}. This is a fault of goldenthread. Its traceback is on the terminal."
    return "unexpected", words
