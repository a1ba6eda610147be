"""
One table: what a column is called in each dialect, and what each dialect calls an operation.

Dialects: the GenAI conventions as they are and were (`gen_ai.*`), OpenInference, Traceloop, Langfuse, the Vercel AI
SDK, Google's ADK. Where a span says a thing twice, the name that stands first here wins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from goldenthread.record.telemetry.columns import CONTENT

_ALIASES: Mapping[str, str] = {
    "operation": "gen_ai.operation.name openinference.span.kind langfuse.observation.type ai.operationId "
    "traceloop.span.kind llm.request.type",
    "provider": "gen_ai.provider.name gen_ai.system llm.provider llm.system ai.model.provider",
    "request_model": "gen_ai.request.model llm.request.model_name llm.model_name llm.request.model "
    "langfuse.observation.model.name ai.model.id embedding.model_name reranker.model_name",
    "response_model": "gen_ai.response.model llm.response.model_name llm.response.model ai.response.model",
    "response_id": "gen_ai.response.id ai.response.id",
    "finish_reasons": "gen_ai.response.finish_reasons llm.finish_reason ai.response.finishReason "
    "gen_ai.response.finish_reason",
    "output_type": "gen_ai.output.type",
    "temperature": "gen_ai.request.temperature llm.temperature ai.settings.temperature",
    "top_p": "gen_ai.request.top_p llm.top_p ai.settings.topP",
    "top_k": "gen_ai.request.top_k llm.top_k ai.settings.topK",
    "max_tokens": "gen_ai.request.max_tokens llm.request.max_tokens ai.settings.maxOutputTokens ai.settings.maxTokens",
    "seed": "gen_ai.request.seed gen_ai.openai.request.seed ai.settings.seed",
    "stream": "gen_ai.request.stream llm.is_streaming gen_ai.is_streaming",
    "input_tokens": "gen_ai.usage.input_tokens gen_ai.usage.prompt_tokens llm.token_count.prompt "
    "llm.usage.prompt_tokens ai.usage.inputTokens ai.usage.promptTokens ai.usage.tokens",
    "output_tokens": "gen_ai.usage.output_tokens gen_ai.usage.completion_tokens llm.token_count.completion "
    "llm.usage.completion_tokens ai.usage.outputTokens ai.usage.completionTokens",
    "total_tokens": "gen_ai.usage.total_tokens llm.token_count.total llm.usage.total_tokens ai.usage.totalTokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens gen_ai.usage.cache_read_input_tokens "
    "llm.token_count.prompt_details.cache_read ai.usage.cachedInputTokens llm.usage.cache_read_input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens gen_ai.usage.cache_creation_input_tokens "
    "llm.token_count.prompt_details.cache_write llm.usage.cache_creation_input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens gen_ai.usage.reasoning_tokens "
    "llm.token_count.completion_details.reasoning ai.usage.reasoningTokens llm.usage.reasoning_tokens",
    "cost_micros": "gen_ai.usage.cost llm.cost.total gen_ai.cost.total_cost operation.cost",
    "conversation_id": "gen_ai.conversation.id session.id langfuse.session.id "
    "traceloop.association.properties.session_id gcp.vertex.agent.session_id ai.telemetry.metadata.sessionId",
    "agent_id": "gen_ai.agent.id",
    "agent_name": "gen_ai.agent.name agent.name ai.telemetry.functionId traceloop.agent.name",
    "agent_version": "gen_ai.agent.version langfuse.version",
    "workflow_name": "gen_ai.workflow.name traceloop.workflow.name langfuse.trace.name",
    "entity_name": "traceloop.entity.name",
    "tool_name": "gen_ai.tool.name tool.name tool_call.function.name ai.toolCall.name",
    "tool_type": "gen_ai.tool.type",
    "tool_call_id": "gen_ai.tool.call.id tool_call.id tool.id ai.toolCall.id gcp.vertex.agent.tool_call_id",
    "data_source_id": "gen_ai.data_source.id",
    "user_id": "user.id enduser.id langfuse.user.id traceloop.association.properties.user_id "
    "ai.telemetry.metadata.userId",
    "error_type": "error.type",
    "server_address": "server.address",
    "server_port": "server.port",
    "slice": "goldenthread.slice",
    "case_id": "goldenthread.case",
    "run_id": "goldenthread.run",
    "evaluation_name": "gen_ai.evaluation.name evaluation.name annotation.name",
    "evaluation_score": "gen_ai.evaluation.score.value evaluation.score annotation.score",
    "evaluation_label": "gen_ai.evaluation.score.label gen_ai.evaluation.label evaluation.label annotation.label",
    "evaluation_explanation": "gen_ai.evaluation.explanation evaluation.explanation annotation.explanation",
    "system_instructions": "gen_ai.system_instructions ai.settings.system",
    "input_messages": "gen_ai.input.messages gen_ai.prompt input.value traceloop.entity.input "
    "langfuse.observation.input ai.prompt.messages ai.prompt gcp.vertex.agent.llm_request llm.input_messages "
    "langfuse.trace.input ai.value ai.values pydantic_ai.all_messages gen_ai.task.input",
    "output_messages": "gen_ai.output.messages gen_ai.completion output.value traceloop.entity.output "
    "langfuse.observation.output ai.response.text ai.response.object gcp.vertex.agent.llm_response "
    "llm.output_messages langfuse.trace.output final_result gen_ai.task.output",
    "tool_definitions": "gen_ai.tool.definitions llm.tools ai.prompt.tools llm.request.functions tool.parameters "
    "tool.json_schema model_request_parameters",
    "tool_arguments": "gen_ai.tool.call.arguments tool_arguments tool_call.function.arguments ai.toolCall.args "
    "ai.toolCall.input gcp.vertex.agent.tool_call_args",
    "tool_result": "gen_ai.tool.call.result tool_response ai.toolCall.result ai.toolCall.output "
    "gcp.vertex.agent.tool_response",
    "query_text": "gen_ai.retrieval.query.text reranker.query",
    "documents": "gen_ai.retrieval.documents retrieval.documents reranker.output_documents",
}

COLUMN_OF: Mapping[str, tuple[str, int]] = {
    alias: (column, rank) for column, aliases in _ALIASES.items() for rank, alias in enumerate(aliases.split())
}
"""By attribute: its column, and how much it counts beside other names of the same; 0 counts most."""

IN_JSON: Mapping[str, Mapping[str, tuple[str, int]]] = {
    "langfuse.observation.usage_details": {
        "input": ("input_tokens", 90),
        "output": ("output_tokens", 90),
        "total": ("total_tokens", 90),
        "cache_read_input_tokens": ("cache_read_tokens", 90),
    },
    "langfuse.observation.cost_details": {"total": ("cost_micros", 90)},
    "langfuse.observation.model.parameters": {
        "temperature": ("temperature", 90),
        "max_tokens": ("max_tokens", 90),
        "top_p": ("top_p", 90),
    },
}
"""Attributes whose value is JSON text that says several things at once."""

_SAID = (
    "gen_ai.prompt.", "gen_ai.completion.", "llm.input_messages.", "llm.output_messages.", "llm.prompts",
    "llm.choices", "llm.tools.", "retrieval.documents.", "reranker.input_documents", "reranker.output_documents.",
    "embedding.embeddings", "embedding.text", "ai.prompt.", "ai.response.", "ai.embedding", "llm.prompt_template.",
    "gcp.vertex.agent.data", "input.", "output.", "message.", "document.", "tool.description", "exception.message",
    "exception.stacktrace", "llm.function_call", "llm.request.functions.", "llm.invocation_parameters",
    "langfuse.trace.metadata", "langfuse.observation.metadata", "gen_ai.event.content", "pydantic_ai.",
)  # fmt: skip
_NOT_SAID = frozenset({"input.mime_type", "output.mime_type", "ai.response.timestamp", "ai.response.msToFinish"})
_SAID_WHOLE = frozenset(
    {"content", "body", "text", "prompt", "completion", "arguments", "result", "message", "messages"}
)

_OPERATIONS: Mapping[str, str] = {
    "chat": "chat completion text_completion generate_content call_llm llm generation response "
    "ai.generatetext.dogenerate ai.streamtext.dostream ai.generateobject.dogenerate ai.streamobject.dostream",
    "embeddings": "embeddings embedding ai.embed ai.embed.doembed ai.embedmany ai.embedmany.doembed",
    "execute_tool": "execute_tool tool ai.toolcall",
    "invoke_agent": "invoke_agent agent agent_run ai.generatetext ai.streamtext ai.generateobject ai.streamobject",
    "create_agent": "create_agent",
    "invoke_workflow": "invoke_workflow workflow chain invocation",
    "retrieval": "retrieval retriever",
    "rerank": "rerank reranker",
    "evaluation": "evaluation evaluator",
    "guardrail": "guardrail",
    "task": "task execute_task span event unknown",
}
OPERATION_OF: Mapping[str, str] = {
    word: operation for operation, words in _OPERATIONS.items() for word in words.split()
}
"""By what a dialect says, in lower case: the operation's one name; what stands nowhere here stays as it is."""

ACTIONS = ("execute_tool",)
"""Operations that did something: never sampled, and kept longest."""

KEPT_WHOLE = (*ACTIONS, "invoke_agent", "create_agent", "invoke_workflow", "evaluation", "guardrail", "retrieval")
"""Operations that sampling keeps, whatever the share; so is every span that says tokens, money or an error."""


def is_content(key: str) -> bool:
    """Whether an attribute holds what people or models said."""
    known = COLUMN_OF.get(key)
    if known is not None:
        return known[0] in CONTENT
    return key in _SAID_WHOLE or (key.startswith(_SAID) and key not in _NOT_SAID)


def operation_of(said: str) -> str:
    """An operation's one name: `LLM` and `ai.generateText.doGenerate` are `chat`."""
    plain = said.strip().strip('"').split(" ")[0].lower()
    return OPERATION_OF.get(plain, plain[:64])


def parts_of(key: str, text: str) -> dict[tuple[str, int], object]:
    """What a value of `IN_JSON` says, by column and rank; nothing where it is no JSON object."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {column: found[name] for name, column in IN_JSON[key].items() if isinstance(found.get(name), int | float)}
