"""Errors as pages and as JSON, with the code that the command line gives, and the status that fits."""

from __future__ import annotations

from goldenthread.promise.errors import (
    AccountUnknown,
    ActionUnknown,
    AnswerInvalid,
    CaseErased,
    CaseUnknown,
    ConsoleBusy,
    ContractConflict,
    ContractInvalid,
    ContractNotFound,
    ContractRefused,
    DemoKeyRefused,
    DraftChanged,
    DraftRefused,
    DraftUnknown,
    ErrorBudgetSpent,
    FormRefused,
    GoldenthreadError,
    InboxItemChanged,
    InboxItemClaimed,
    InboxItemClosed,
    InboxItemExpired,
    InboxItemNotFound,
    IncidentOpen,
    IncidentUnknown,
    InvitationInvalid,
    KeyLocked,
    KeyMissing,
    LinkRefused,
    ManifestMismatch,
    MethodRefused,
    MetricUnknown,
    NotPermitted,
    OutcomeSourceInvalid,
    OutcomeUnknown,
    OutcomeUnreadable,
    PageNotFound,
    PasskeyRefused,
    PasswordWeak,
    PrincipalUnknown,
    ProviderRefused,
    RecordUnknown,
    ReleaseUnasked,
    ReleaseUnknown,
    RequestRefused,
    RightMissing,
    SecondRole,
    SignatureInvalid,
    SignInMissing,
    SignInRefused,
    SignInThrottled,
    StopUnknown,
    StoreError,
    TokenRefused,
    ValueProblem,
)

_STATUSES: tuple[tuple[int, tuple[type[GoldenthreadError], ...]], ...] = (
    (
        404,
        (
            AccountUnknown,
            ActionUnknown,
            CaseUnknown,
            ContractNotFound,
            DraftUnknown,
            InboxItemNotFound,
            IncidentUnknown,
            InvitationInvalid,
            MetricUnknown,
            OutcomeUnknown,
            PageNotFound,
            RecordUnknown,
            ReleaseUnknown,
            StopUnknown,
        ),
    ),
    (405, (MethodRefused,)),
    (
        403,
        (
            FormRefused,
            DemoKeyRefused,
            KeyLocked,
            KeyMissing,
            LinkRefused,
            NotPermitted,
            PasskeyRefused,
            ProviderRefused,
            RequestRefused,
            RightMissing,
            SecondRole,
            SignInRefused,
            SignatureInvalid,
            TokenRefused,
        ),
    ),
    (
        409,
        (
            ConsoleBusy,
            ContractConflict,
            DraftChanged,
            ErrorBudgetSpent,
            InboxItemChanged,
            InboxItemClaimed,
            InboxItemClosed,
            InboxItemExpired,
            IncidentOpen,
            ManifestMismatch,
            ReleaseUnasked,
        ),
    ),
    (410, (CaseErased,)),
    (
        422,
        (
            AnswerInvalid,
            ContractInvalid,
            ContractRefused,
            DraftRefused,
            OutcomeSourceInvalid,
            OutcomeUnreadable,
            PasswordWeak,
            PrincipalUnknown,
            ValueProblem,
        ),
    ),
    (429, (SignInThrottled,)),
    (501, (SignInMissing,)),
    (503, (StoreError,)),
)


def status_of(error: Exception) -> int:
    """The status of an answer that says this error; 500 for a fault of ours."""
    return next((status for status, kinds in _STATUSES if isinstance(error, kinds)), 500)


def told(error: Exception) -> tuple[str, str]:
    """Code and words; of a fault of ours no more than its kind."""
    if isinstance(error, GoldenthreadError):
        return error.code, error.message
    words = f"{type(error).__name__}. This is a fault of goldenthread. Its traceback is on the terminal."
    return "unexpected", words
