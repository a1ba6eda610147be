"""
The whole error tree.

    GoldenthreadError
    ├── ContractError          a contract or the organisation's rules: cannot be read, checked, found or signed
    ├── PrincipalError         who may do what, and keys
    ├── AccountError           who comes in: accounts, passwords, passkeys, sessions, invitations
    ├── GuardError             an action that may not happen now
    │   └── Stopped            control flow of a run: Waiting, Drafted, Denied, Escalated; none is a fault
    ├── LedgerError            the record: chain, checkpoints, content
    ├── StoreError             the database
    ├── ConsoleError           a request that the console does not serve
    ├── GatewayError           a tool call that the MCP gateway does not pass on
    ├── ApiError               a request that the server of the guard does not serve
    ├── EventsError            events and notices that go out, and links that they hold
    ├── WorkError              durable runs: workers, what was handed to them, schedules
    ├── TelemetryError         spans that are taken in, stored and looked at
    ├── CostError              what work costs: prices, exchange rates
    ├── EvidenceError          impossible statistics
    ├── MetricsError           the standard metrics, and the facts that they are made of
    ├── OutcomeError           what a business number was before and is now, from its owner's data
    ├── FactoryError           problems, facts of work, and what is recommended from them
    └── ValueProblem           a value that cannot be taken

Each class has a stable kebab-case code; `str(error)` is `code: what failed; what to do next`.
Every code has an entry in docs/errors.md and a test that asserts its words.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import ClassVar


class GoldenthreadError(Exception):
    """Root of everything that goldenthread raises on purpose."""

    code: ClassVar[str] = "goldenthread-error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def kind_of(error: BaseException) -> str:
    """What may stand in a log of an error: its code, else its class; its words may hold content or secrets."""
    return error.code if isinstance(error, GoldenthreadError) else type(error).__name__


def frames_of(error: BaseException) -> str:
    """Where an error came from, line by line, without its words or those of what caused it."""
    return "".join(traceback.format_tb(error.__traceback__))


class ValueProblem(GoldenthreadError):
    """A value that cannot be taken."""

    code = "value-problem"


class NotCanonical(ValueProblem):
    """A value that JSON cannot carry exactly, so it can be neither hashed nor signed."""

    code = "not-canonical"


class LineInvalid(ValueProblem):
    """A one-line form of the contract that cannot be read; `offset` counts the characters before the place."""

    code = "line-invalid"

    def __init__(self, message: str, *, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


class FileUnusable(ValueProblem):
    """A file that somebody named, and that cannot be read or written."""

    code = "file-unusable"


class ChartsMissing(ValueProblem):
    """A chart was asked for, and the library that draws it is not installed."""

    code = "charts-missing"


class CedarMissing(ValueProblem):
    """The organisation's rules have a part in Cedar, and the library that judges it is not installed."""

    code = "cedar-missing"


# --- contract ---------------------------------------------------------------------------------


class ContractError(GoldenthreadError):
    """A contract that cannot be read, checked, found or signed."""

    code = "contract-error"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong in a contract's file; line and column count from 1, `path` is '' for the file as a whole."""

    file: str
    line: int
    column: int
    path: str
    words: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place} {self.path}: {self.words}" if self.path else f"{place} {self.words}"


class ContractInvalid(ContractError):
    """The file is not a contract: YAML, grammar or shape. One problem a line, each with file:line:column."""

    code = "contract-invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class ContractRefused(ContractError):
    """The file is a contract, but one that must not be signed (rules C3 to C6)."""

    code = "contract-refused"


class NotOnMap(ContractRefused):
    """A contract whose slice stands under no open problem of the map in force."""

    code = "not-on-map"


class ContractNotFound(ContractError):
    """No contract of that slice or version."""

    code = "contract-not-found"


class ReleaseUnknown(ContractError):
    """No release of an agent, or several, by that fingerprint."""

    code = "release-unknown"


class ReleaseUnasked(ContractError):
    """A signature on a release that the contract in force does not ask for."""

    code = "release-unasked"


class ContractConflict(ContractError):
    """A version that was committed before with another text, or a version out of order."""

    code = "contract-conflict"


class RulesInvalid(ContractError):
    """The file holds no rules of an organisation. One problem a line, each with file:line:column."""

    code = "rules-invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class RulesConflict(ContractError):
    """A version of the rules that was committed before with another text, or a version out of order."""

    code = "rules-conflict"


class RulesNotFound(ContractError):
    """No rules of that version, or none at all."""

    code = "rules-not-found"


# --- principals -------------------------------------------------------------------------------


class PrincipalError(GoldenthreadError):
    """Who may do what, and keys."""

    code = "principal-error"


class PrincipalUnknown(PrincipalError):
    """Nobody of that name was granted anything."""

    code = "principal-unknown"


class NotPermitted(PrincipalError):
    """The principal is known but has no right to do this."""

    code = "not-permitted"


class SecondRole(PrincipalError):
    """Somebody would hold two signing roles on one contract, or approve their own agent."""

    code = "second-role"


class KeyMissing(PrincipalError):
    """The private key of a principal is not in this home."""

    code = "key-missing"


class KeyExists(PrincipalError):
    """A key of that name is in this home already, and keys are never overwritten."""

    code = "key-exists"


class KeyLocked(PrincipalError):
    """A key is protected by a passphrase that was not given or is wrong."""

    code = "key-locked"


class DemoKeyRefused(PrincipalError):
    """A key that everybody can compute, outside the demo's home."""

    code = "demo-key-refused"


class SignatureInvalid(PrincipalError):
    """A signature that does not verify against the key on record."""

    code = "signature-invalid"


class AlreadyInitialised(PrincipalError):
    """The ledger already has its bootstrap owner."""

    code = "already-initialised"


class NotInitialised(PrincipalError):
    """The ledger has no bootstrap owner yet."""

    code = "not-initialised"


# --- guard ------------------------------------------------------------------------------------


class GuardError(GoldenthreadError):
    """An action that may not happen now."""

    code = "guard-error"


class ManifestMismatch(GuardError):
    """The agent's declaration disagrees with what the guard sees."""

    code = "manifest-mismatch"


class ToolsDrifted(GuardError):
    """A contract and the tools registered under its actions can't both be right; the agent does not start."""

    code = "tools-drifted"


class ToolBreach(GuardError):
    """A tool gave something else than its contract says, or took too long; its output is not handed on."""

    code = "tool-breach"


class DecisionUndeclared(GuardError):
    """A decision that the contract does not name."""

    code = "decision-undeclared"


class DecisionBreach(GuardError):
    """A decision that its contract can't accept, however often it was tried."""

    code = "decision-breach"


class NoRun(GuardError):
    """An action called outside `with thread.run(...)`."""

    code = "no-run"


class RunClosed(GuardError):
    """The run has ended; a new one must be opened."""

    code = "run-closed"


class NestedEffect(GuardError):
    """An action called inside the tool of another."""

    code = "nested-effect"


class RunBusy(GuardError):
    """Another process works on the case right now."""

    code = "run-busy"


class PermitRefused(GuardError):
    """A permit that cannot be consumed: used, expired, or the state changed under it."""

    code = "permit-refused"


class PathsFailed(GuardError):
    """No way to do a step worked: each was out of order, too slow, or over a budget. A fault, not a failure."""

    code = "paths-failed"


class UndoRefused(GuardError):
    """An effect that cannot be taken back: there is none, nothing undoes it, or that was ordered before."""

    code = "undo-refused"


class StopInForce(PermitRefused):
    """A permit that is good and cannot be consumed now, because somebody stopped what it is for."""

    code = "stop-in-force"


class StopUnconfirmed(GuardError):
    """What is stopped could not be confirmed within a second, so no effect begins."""

    code = "stop-unconfirmed"


class AnswerLate(GuardError):
    """The guard's answer came when nobody may wait for it any more."""

    code = "answer-late"


class StopUnknown(GuardError):
    """No stop of that name holds."""

    code = "stop-unknown"


class InboxItemNotFound(GuardError):
    """No inbox item of that id."""

    code = "inbox-item-not-found"


class InboxItemClosed(GuardError):
    """The item was answered before."""

    code = "inbox-item-closed"


class InboxItemExpired(GuardError):
    """Nobody said yes in time; the item can no longer be answered."""

    code = "inbox-item-expired"


class InboxItemClaimed(GuardError):
    """Somebody else is at the item now."""

    code = "inbox-item-claimed"


class InboxItemChanged(GuardError):
    """The item is not any more what the person who answers was shown."""

    code = "inbox-item-changed"


class AnswerInvalid(GuardError):
    """An answer that does not fit the item."""

    code = "answer-invalid"


class ChecksInvalid(GuardError):
    """A file of known cases that can't be read, or a case in it that nobody could be asked about."""

    code = "checks-invalid"


class DecisionConflict(GuardError):
    """A recorded decision that contradicts one on record for the same case."""

    code = "decision-conflict"


class ObservationRefused(GuardError):
    """An observation that nobody outside can make, or a value that the metric does not have."""

    code = "observation-refused"


class Stopped(GuardError):
    """A run stops here for now, on purpose. Never a fault."""

    code = "stopped"


class Waiting(Stopped):
    """A person was asked; call again with the same arguments once they answered."""

    code = "waiting"


class Drafted(Stopped):
    """People get the proposal and do the work."""

    code = "drafted"


class Denied(Stopped):
    """The action does not happen."""

    code = "denied"


class DelegationRefused(Denied):
    """One agent may not call another, or the called one shows no leave for what it wants to open."""

    code = "delegation-refused"


class BudgetSpent(Denied):
    """What a model call would use up goes over a budget of the contract."""

    code = "budget-spent"


class Escalated(Stopped):
    """The agent handed the case to a person."""

    code = "escalated"


class OutOfService(Stopped):
    """No way to do a step worked, and people take the case. The run ends as a fault: it says nothing of quality."""

    code = "out-of-service"


# --- ledger -----------------------------------------------------------------------------------


class LedgerError(GoldenthreadError):
    """The record: chain, checkpoints, content."""

    code = "ledger-error"


class LedgerTampered(LedgerError):
    """Verification found a record that is not what was written."""

    code = "ledger-tampered"


class CheckpointInvalid(LedgerError):
    """A checkpoint file that cannot be read or whose signature does not verify."""

    code = "checkpoint-invalid"


class ExportRefused(LedgerError):
    """An export that would mix with files that are there already."""

    code = "export-refused"


class CaseErased(LedgerError):
    """The case's content was erased on request; nothing can be added to it or read from it."""

    code = "case-erased"


class ContentMissing(LedgerError):
    """Case content that a record names is not stored, or is not what was stored."""

    code = "content-missing"


class CaseUnknown(LedgerError):
    """No case of that name in the slice."""

    code = "case-unknown"


class RecordUnknown(LedgerError):
    """No record of that number in the chain."""

    code = "record-unknown"


class ActionUnknown(LedgerError):
    """No action of that id on record."""

    code = "action-unknown"


class ReplayMismatch(LedgerError):
    """Replaying the ledger gave another verdict or level than the one on record."""

    code = "replay-mismatch"


class RunsInvalid(LedgerError):
    """A file of recorded runs that cannot be read as one; nothing of it was imported."""

    code = "runs-invalid"


class RunsConflict(LedgerError):
    """Runs that are on record already, from another import or under another agent's name."""

    code = "runs-conflict"


class RunsNotFound(LedgerError):
    """No import of runs of that name, or more than one."""

    code = "runs-not-found"


class RunsDamaged(LedgerError):
    """The stored file of an import is gone, or not what was imported."""

    code = "runs-damaged"


# --- store ------------------------------------------------------------------------------------


class StoreError(GoldenthreadError):
    """The database."""

    code = "store-error"


class StoreUnavailable(StoreError):
    """The database cannot be started or reached."""

    code = "store-unavailable"


class HomeInvalid(StoreError):
    """The home folder cannot be used."""

    code = "home-invalid"


class SchemaMismatch(StoreError):
    """The database's tables belong to another version of goldenthread."""

    code = "schema-mismatch"


# --- evidence ---------------------------------------------------------------------------------


class EvidenceError(GoldenthreadError):
    """Impossible statistics."""

    code = "evidence-error"


class ImpossibleCounts(EvidenceError):
    """Negative counts, or more events than trials."""

    code = "impossible-counts"


class EvidenceOfAnotherClause(EvidenceError):
    """Evidence that was gathered for another clause: the contract changed in the middle."""

    code = "evidence-of-another-clause"


class EvidenceBeforeSignature(EvidenceError):
    """A case that started before the contract was signed; what was promised afterwards it can't prove."""

    code = "evidence-before-signature"


class SegmentUnknown(EvidenceError):
    """A case of a kind that the contract does not name, or of none where it names some."""

    code = "segment-unknown"


class ImpossibleParameter(EvidenceError):
    """A bar, level or bound outside its range."""

    code = "impossible-parameter"


class ValueOutsideCap(EvidenceError):
    """An observation below zero, not finite or above the cap that the contract promised."""

    code = "value-outside-cap"


class TimeWentBackwards(EvidenceError):
    """A case of an earlier day came after one of a later day."""

    code = "time-went-backwards"


class ImpossibleAudit(EvidenceError):
    """An audit that cannot have been drawn as it is recorded."""

    code = "impossible-audit"


class ImpossibleSample(EvidenceError):
    """A count, mean or variance that no cases have: not a number, not finite, or negative."""

    code = "impossible-sample"


class CountsWentBackwards(EvidenceError):
    """Cumulative numbers with fewer cases than at the look before."""

    code = "counts-went-backwards"


# --- console ----------------------------------------------------------------------------------


class ConsoleError(GoldenthreadError):
    """The console refuses to serve something."""

    code = "console-error"


class AddressRefused(ConsoleError):
    """An address to serve on that is not this machine's own, or that is taken."""

    code = "address-refused"


class RequestRefused(ConsoleError):
    """A request that no page of the console sends: for another host, or from another origin."""

    code = "request-refused"


class MethodRefused(ConsoleError):
    """A request by a method that the console takes nowhere, or not at that address."""

    code = "method-refused"


class TokenRefused(ConsoleError):
    """A page asked for without the session that the terminal's one-time token opens."""

    code = "token-refused"


class FormRefused(ConsoleError):
    """A form that no page of the console sent, or that is not filled in."""

    code = "form-refused"


class ConsoleBusy(ConsoleError):
    """A job of the console is running, and one runs at a time."""

    code = "console-busy"


class RightMissing(ConsoleError):
    """A page or a deed that takes a right which its visitor does not have."""

    code = "right-missing"


class DraftUnknown(ConsoleError):
    """A draft of a contract that its author does not have."""

    code = "draft-unknown"


class DraftChanged(ConsoleError):
    """A draft that somebody saved elsewhere since this page was opened."""

    code = "draft-changed"


class DraftRefused(ConsoleError):
    """A text that is no draft of a contract: too large, or one draft too many."""

    code = "draft-refused"


class PlanUnfinished(ConsoleError):
    """A plan that took too long, or whose working process ended."""

    code = "plan-unfinished"


class PageNotFound(ConsoleError):
    """No page at that address."""

    code = "page-not-found"


# --- MCP gateway ----------------------------------------------------------------------------------


class GatewayError(GoldenthreadError):
    """The MCP gateway does not pass a call on, or cannot serve."""

    code = "gateway-error"


class GatewayUnavailable(GatewayError):
    """The extra that the gateway needs is not installed."""

    code = "gateway-unavailable"


class UpstreamUnreachable(GatewayError):
    """The MCP server behind the gateway cannot be started or reached, or speaks something else."""

    code = "upstream-unreachable"


class UpstreamFailed(GatewayError):
    """The MCP server was called, and reported an error or gave nothing that can be passed on."""

    code = "upstream-failed"


class ToolUnknown(GatewayError):
    """A tool that the MCP server does not have."""

    code = "tool-unknown"


class ToolChanged(GatewayError):
    """A tool that is not the one that was pinned."""

    code = "tool-changed"


class ToolMismatch(GatewayError):
    """A tool that takes something else than its contract says."""

    code = "tool-mismatch"


class ToolArgumentsInvalid(GatewayError):
    """Arguments that the tool's own schema refuses."""

    code = "tool-arguments-invalid"


class CaseRefused(GatewayError):
    """A client named a case where it may not, or one that cannot be."""

    code = "case-refused"


class ClientRefused(GatewayError):
    """A request to the gateway without its token, or one that is too large."""

    code = "client-refused"


class GuardTimeout(GatewayError):
    """The guard did not answer in time, so the tool was not called."""

    code = "guard-timeout"


class TicketRefused(GatewayError):
    """A ticket that was never given, or not to this agent for this call."""

    code = "ticket-refused"


# --- the server of the guard --------------------------------------------------------------------


class ApiError(GoldenthreadError):
    """A request that the server of the guard does not serve, or that never got there."""

    code = "api-error"


class CredentialsRefused(ApiError):
    """No token, or one that opens nothing: unknown, expired or revoked."""

    code = "credentials-refused"


class ScopeRefused(ApiError):
    """A token that is good, for something else than this."""

    code = "scope-refused"


class TooManyFailures(ApiError):
    """Requests with wrong tokens came too often from one address."""

    code = "too-many-failures"


class RequestInvalid(ApiError):
    """A request whose body is not what its address takes."""

    code = "request-invalid"


class AddressUnknown(ApiError):
    """Nothing is served at that address, or not by that method."""

    code = "address-unknown"


class RunUnknown(ApiError):
    """No run of that id that the token may work on."""

    code = "run-unknown"


class ToolMissing(ApiError):
    """An action that no tool on record carries out, so that nobody could use its permit."""

    code = "tool-missing"


class ServerRunning(ApiError):
    """Another server holds this home."""

    code = "server-running"


class ServerUnreachable(ApiError):
    """The server gave no answer, or none that can be read."""

    code = "server-unreachable"


# --- events and notices that go out -------------------------------------------------------------


class EventsError(GoldenthreadError):
    """Something about events and notices that go out."""

    code = "events-error"


class ReceiverRefused(EventsError):
    """An address to which no event may be sent."""

    code = "receiver-refused"


class SubscriptionUnknown(EventsError):
    """No subscription, or no rule for notices, of that id."""

    code = "subscription-unknown"


class SubscriptionSecretMissing(EventsError):
    """A subscription whose address and secret are not in this home, or not those on record."""

    code = "subscription-secret-missing"


class NotifyMissing(EventsError):
    """Notices were asked for, and the library that sends them isn't installed."""

    code = "notify-missing"


class LinkRefused(EventsError):
    """A link of a notice that is altered or too old."""

    code = "link-refused"


# --- durable runs -------------------------------------------------------------------------------


class WorkError(GoldenthreadError):
    """Durable runs: workers, what was handed to them, schedules."""

    code = "work-error"


class WorkerInvalid(WorkError):
    """A worker that cannot begin: not found, not made by `thread.worker()`, without an agent, or one too many."""

    code = "worker-invalid"


class AgentInvalid(WorkError):
    """A function that cannot be an agent of a worker, or a second one for its slice."""

    code = "agent-invalid"


class SubmissionUnknown(WorkError):
    """No durable run of that id, or several that begin so."""

    code = "submission-unknown"


class SubmissionEnded(WorkError):
    """A durable run that ended cannot be cancelled any more."""

    code = "submission-ended"


class ScheduleInvalid(WorkError):
    """A schedule that cannot be read, or whose name is taken."""

    code = "schedule-invalid"


class TurnLost(WorkError):
    """Another worker took the turn over, its time was over, or it was cancelled: nothing more is written."""

    code = "turn-lost"


# --- outcomes -----------------------------------------------------------------------------------


class OutcomeError(GoldenthreadError):
    """What a business number was before and is now, from its owner's data."""

    code = "outcome-error"


class OutcomeUnknown(OutcomeError):
    """No such outcome line, or nothing is known of it that was asked for."""

    code = "outcome-unknown"


class OutcomeSourceInvalid(OutcomeError):
    """A statement of where an outcome's values are that cannot be taken."""

    code = "outcome-source-invalid"


class OutcomeUnreadable(OutcomeError):
    """A file or query of a data owner that cannot be read as a whole; nothing of it was taken."""

    code = "outcome-unreadable"


class OutcomesMissing(OutcomeError):
    """A source that needs a library which is not installed."""

    code = "outcomes-missing"


class OutcomeNotExplained(OutcomeError):
    """A change of a number that cannot be told apart into what drove it."""

    code = "outcome-not-explained"


# --- metrics ------------------------------------------------------------------------------------


class MetricsError(GoldenthreadError):
    """The standard metrics of slices, and the facts that they are made of."""

    code = "metrics-error"


class MetricsMissing(MetricsError):
    """Metrics were asked for, and the libraries that keep their facts aren't installed."""

    code = "metrics-missing"


class MetricUnknown(MetricsError):
    """No standard metric of that name."""

    code = "metric-unknown"


class MetricsDamaged(MetricsError):
    """Facts that cannot be read; the ledger has all that they say."""

    code = "metrics-damaged"


class MetricsForeign(MetricsError):
    """Facts that were made from another ledger than this one."""

    code = "metrics-foreign"


class MetricsUnwritable(MetricsError):
    """Facts that cannot be written: the disk is full or broken."""

    code = "metrics-unwritable"


# --- telemetry ----------------------------------------------------------------------------------


class TelemetryError(GoldenthreadError):
    """Spans: taking them in, storing them, looking at them."""

    code = "telemetry-error"


class TelemetryMissing(TelemetryError):
    """Telemetry was asked for, and the libraries that store it aren't installed."""

    code = "telemetry-missing"


class TelemetryMalformed(TelemetryError):
    """A request that is no OTLP."""

    code = "telemetry-malformed"


class TelemetryTooLarge(TelemetryError):
    """A request that is larger than is taken, as it came or unpacked."""

    code = "telemetry-too-large"


class TelemetryBusy(TelemetryError):
    """More came than can be stored just now: it is to be sent again later."""

    code = "telemetry-busy"


class TelemetryUnwritable(TelemetryError):
    """What was taken cannot be made durable: the disk is full or broken."""

    code = "telemetry-unwritable"


class TelemetryHeld(TelemetryError):
    """Another process takes telemetry in for this home."""

    code = "telemetry-held"


class TelemetryDamaged(TelemetryError):
    """Stored telemetry that is not what it was: a segment is missing or altered."""

    code = "telemetry-damaged"


class ImportInvalid(TelemetryError):
    """A file to import that cannot be read to its end, or is not what it was said to be."""

    code = "import-invalid"


class ImportUnsure(TelemetryError):
    """What a file to import holds cannot be told, so nobody guesses: its format or its columns must be named."""

    code = "import-unsure"


class EventLogInvalid(GoldenthreadError):
    """An event log that cannot be read to its end, or has no cases."""

    code = "event-log-invalid"


class EventLogUnsure(GoldenthreadError):
    """What the columns or times of an event log mean cannot be told for sure, so nobody guesses in silence."""

    code = "event-log-unsure"


class DiscoveryMissing(GoldenthreadError):
    """An event log was to be looked into, and the libraries that this takes are not installed."""

    code = "discovery-missing"


class ImportChanged(TelemetryError):
    """A file changed while it was imported."""

    code = "import-changed"


class TraceUnknown(TelemetryError):
    """No trace of that id, or several that begin so."""

    code = "trace-unknown"


# --- incidents ----------------------------------------------------------------------------------


class IncidentError(GoldenthreadError):
    """Incidents: finding them, and saying what is done about them."""

    code = "incident-error"


class IncidentUnknown(IncidentError):
    """No incident of that id, or it is closed."""

    code = "incident-unknown"


class IncidentOpen(IncidentError):
    """An incident was to be closed while its ground still stands, and nobody said that it is usual by now."""

    code = "incident-open"


class ErrorBudgetSpent(IncidentError):
    """A release was to be signed while the slice has failed more often than its contract bears."""

    code = "error-budget-spent"


# --- accounts -----------------------------------------------------------------------------------


class AccountError(GoldenthreadError):
    """Accounts of people: how they come into the console, and what that takes."""

    code = "account-error"


class AccountUnknown(AccountError):
    """No account of that name, or the principal is none that could have one."""

    code = "account-unknown"


class SignInRefused(AccountError):
    """Name, password, passkey or identity open nothing; which of them was wrong is not said."""

    code = "sign-in-refused"


class SignInThrottled(AccountError):
    """Too many attempts that failed; `wait_s` is how many seconds the next one has to wait."""

    code = "sign-in-throttled"

    def __init__(self, message: str, *, wait_s: int) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class SignInMissing(AccountError):
    """A way to sign in was asked for, and the library that it needs is not installed."""

    code = "sign-in-missing"


class SignInSettingsInvalid(AccountError):
    """The file that says who else may vouch for people cannot be read, or does not say enough."""

    code = "sign-in-settings-invalid"


class ProviderRefused(AccountError):
    """What an identity provider answered does not prove who somebody is, or it does not answer."""

    code = "provider-refused"


class PasswordWeak(AccountError):
    """A new password that is too short, too long or too easily guessed."""

    code = "password-weak"


class InvitationInvalid(AccountError):
    """An invitation that was used, has expired, or never was."""

    code = "invitation-invalid"


class PasskeyRefused(AccountError):
    """A passkey that cannot be added, or an answer of one that does not verify."""

    code = "passkey-refused"


# --- costs --------------------------------------------------------------------------------------


class CostError(GoldenthreadError):
    """What work costs: prices of models, exchange rates, sums."""

    code = "cost-error"


class PricesMissing(CostError):
    """A price of a model was asked for, and the table of prices isn't installed."""

    code = "prices-missing"


class PricesInvalid(CostError):
    """Prices or an exchange rate that cannot be taken, or that nobody who may has signed."""

    code = "prices-invalid"


class ExchangeUnknown(CostError):
    """Money of several currencies that cannot be added up, since no rate is stated."""

    code = "exchange-unknown"


# --- factory ------------------------------------------------------------------------------------


class FactoryError(GoldenthreadError):
    """Problems, facts of work, and what is recommended, estimated or drafted from them."""

    code = "factory-error"


class FileProblems(FactoryError):
    """A file of the factory that cannot be read. One problem a line, each with file:line:column."""

    code = "file-problems"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class FitTableInvalid(FileProblems):
    """The file holds no table by which an approach is recommended."""

    code = "fit-table-invalid"


class FactsInvalid(FileProblems):
    """The file holds no facts of a slice of work, or no service promise."""

    code = "facts-invalid"


class ProblemsInvalid(FileProblems):
    """The file holds no problem map."""

    code = "problems-invalid"


class ProblemsConflict(FactoryError):
    """A version of the problem map that was committed before with another text, or a version out of order."""

    code = "problems-conflict"


class ProblemUnknown(FactoryError):
    """No problem of that name, or no problem map of that version."""

    code = "problem-unknown"
