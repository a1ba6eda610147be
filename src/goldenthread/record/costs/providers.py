"""Who answered a call: what the dialects, gateways and addresses call providers, as the price table calls them."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES: Mapping[str, str] = {
    "anthropic": "anthropic",
    "aws": "aws.bedrock aws_bedrock bedrock amazon-bedrock amazon_bedrock bedrock_converse aws",
    "azure": "azure.ai.openai az.ai.openai azure.ai.inference az.ai.inference azure azure-openai azure_openai azure_ai",
    "cohere": "cohere cohere_chat",
    "deepseek": "deepseek",
    "fireworks": "fireworks fireworks_ai",
    "google": "gcp.gemini gcp.vertex_ai gcp.gen_ai vertex_ai vertexai vertex google gemini google-genai "
    "google_genai google.generative-ai google.vertex google_vertex google-vertex",
    "groq": "groq",
    "mistral": "mistral_ai mistralai mistral",
    "openai": "openai",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together": "together together_ai togetherai",
    "x-ai": "x_ai xai x-ai",
}
_KNOWN: Mapping[str, str] = {word: id for id, words in _NAMES.items() for word in words.split()}

GATEWAYS = frozenset({"litellm", "litellm_proxy", "portkey", "helicone", "_other", "unknown", "other"})
"""Words that name nobody who answers: whoever did stands in the model's name, or nowhere."""


def provider_id(named: str) -> str:
    """
    A provider's one name, in small letters: `gcp.vertex_ai` is `google`, `anthropic.messages` (the Vercel AI SDK) is
    `anthropic`. What is not known here stays as it is, for the table to know.
    """
    plain = named.strip().lower()
    return _KNOWN.get(plain) or _KNOWN.get(plain.split(".")[0]) or plain


def prefixed(model: str) -> tuple[str, str] | None:
    """Provider and model of a gateway's name, `openrouter/anthropic/claude-sonnet-4.5`; None for a plain name."""
    head, slash, rest = model.partition("/")
    if not slash or not rest:
        return None
    if head in GATEWAYS:
        return prefixed(rest)
    return (_KNOWN[head], rest) if head in _KNOWN else None
