"""The OpenAPI document, made from the routes: what it says is what requests are held to."""

from __future__ import annotations

import json
from typing import Any

from goldenthread import __version__
from goldenthread.surfaces.api.refusals import STATUSES
from goldenthread.surfaces.api.routes import ROUTES, Served
from goldenthread.surfaces.api.shapes import ID, record

_ERROR = record({"code": {"type": "string"}, "message": {"type": "string"}})

_WHOSE = {"agent": "an agent", "tool": "a tool", "task": "whoever gives tasks"}


def document() -> dict[str, Any]:
    """The whole document (OpenAPI 3.1)."""
    paths: dict[str, Any] = {}
    for served in ROUTES:
        paths.setdefault(served.path, {})[served.method.lower()] = _operation(served)
    paths["/v1/health"] = {"get": _health()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "goldenthread",
            "version": __version__,
            "description": "The guard as a server: agents ask, people decide, tools act with a signed permit.",
        },
        "paths": paths,
        "components": {
            "schemas": {"Error": _ERROR},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "From `goldenthread token create`."}
            },
        },
    }


def document_text() -> str:
    """The document as it is stored and served."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _operation(served: Served) -> dict[str, Any]:
    whose = " or ".join(_WHOSE[scope] for scope in served.scopes)
    operation: dict[str, Any] = {
        "operationId": served.name,
        "summary": served.words.split(".")[0] + ".",
        "description": f"{served.words} Takes the token of {whose}.",
        "security": [{"token": []}],
        "responses": {"200": _json("What came of it.", served.answer), **_refusals()},
    }
    if served.id:
        operation["parameters"] = [{"name": served.id, "in": "path", "required": True, "schema": ID}]
    if served.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": served.body}}}
    return operation


def _health() -> dict[str, Any]:
    answer = record({"status": {"type": "string", "enum": ["ok"]}})
    return {
        "operationId": "health",
        "summary": "Whether the server can confirm its state; while it can't, it answers nothing else either.",
        "security": [],
        "responses": {"200": _json("It can.", answer), "503": _refusals()["503"]},
    }


def _refusals() -> dict[str, Any]:
    error = {"$ref": "#/components/schemas/Error"}
    return {str(status): _json(words, error) for status, words in STATUSES.items()}


def _json(words: str, shape: Any) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": shape}}}
