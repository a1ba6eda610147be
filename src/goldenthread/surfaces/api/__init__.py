"""
The HTTP API: the guard as a server, for agents and tools that are other processes (enforcing mode).

Knows addresses, shapes of bodies, tokens in headers, and which status an error has. Refuses to decide anything
itself. Invariants: no answer without a token that is good now, health and the document apart; a body is held to the
shape that the OpenAPI document shows; tokens stand in no log and no error; what fails is an error, never an allow.
"""

from goldenthread.surfaces.api.application import application
from goldenthread.surfaces.api.document import document, document_text
from goldenthread.surfaces.api.routes import ROUTES
from goldenthread.surfaces.api.serving import SIGNER, Server, serve
from goldenthread.surfaces.served import Tls

__all__ = ["ROUTES", "SIGNER", "Server", "Tls", "application", "document", "document_text", "serve"]
