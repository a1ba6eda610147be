"""Errors as answers: the code and the words that the command line gives, with the right status."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import psycopg
from starlette.responses import JSONResponse

from goldenthread.promise.errors import (
    AddressUnknown,
    CaseErased,
    ContentMissing,
    ContractNotFound,
    CredentialsRefused,
    EvidenceError,
    GoldenthreadError,
    GuardError,
    PrincipalError,
    RequestInvalid,
    RunUnknown,
    ScopeRefused,
    ServerRunning,
    StopUnconfirmed,
    StoreError,
    StoreUnavailable,
    ToolMissing,
    TooManyFailures,
    ValueProblem,
    frames_of,
)

_LOG = logging.getLogger(__name__)

STATUSES: Mapping[int, str] = {
    400: "The body is not what this address takes.",
    401: "No token, or one that opens nothing.",
    403: "The token is for something else.",
    404: "No such run, slice or address.",
    405: "Not by this method.",
    409: "Not as things stand now: a permit refused, a run that has ended, an agent that must be declared again.",
    410: "The case was erased.",
    413: "The body is too large.",
    415: "The body is not said to be JSON.",
    422: "A value that can't be taken.",
    429: "Too many wrong tokens from this address.",
    503: "The server can't confirm its state, so nothing happens.",
}

_BY_CLASS: tuple[tuple[type[GoldenthreadError], int], ...] = (
    (CredentialsRefused, 401),
    (ScopeRefused, 403),
    (TooManyFailures, 429),
    (RequestInvalid, 400),
    (AddressUnknown, 404),
    (RunUnknown, 404),
    (ContractNotFound, 404),
    (ToolMissing, 409),
    (ServerRunning, 503),
    (StopUnconfirmed, 503),
    (StoreError, 503),
    (ContentMissing, 503),
    (CaseErased, 410),
    (PrincipalError, 403),
    (ValueProblem, 422),
    (EvidenceError, 422),
    (GuardError, 409),
)


def answer_of(error: Exception, status: int | None = None) -> JSONResponse:
    """
    An error as an answer. Whatever was not meant says so and no more: its words may hold what somebody sent.

    Args:
        status: Another status than the error's own.
    """
    if isinstance(error, psycopg.Error | StoreUnavailable):  # whose words may name the database's host and user
        _LOG.error("The database failed with %s:\n%s", type(error).__name__, frames_of(error))
        error = StoreUnavailable("The database does not answer as it should. Nothing was done; try again later.")
    if not isinstance(error, GoldenthreadError):
        _LOG.error("A request failed with %s, whose words are left out:\n%s", type(error).__name__, frames_of(error))
        words = f"{type(error).__name__}: this is a fault of goldenthread. Its place is in the server's log."
        return JSONResponse({"code": "unexpected", "message": words}, 500)
    answer = JSONResponse({"code": error.code, "message": error.message}, status or _status(error))
    if isinstance(error, CredentialsRefused):
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyFailures):
        answer.headers["Retry-After"] = "60"
    return answer


def _status(error: GoldenthreadError) -> int:
    return next((status for kind, status in _BY_CLASS if isinstance(error, kind)), 500)
