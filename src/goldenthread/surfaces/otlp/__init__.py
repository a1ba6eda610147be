"""
The receiver of telemetry: OTLP over HTTP, for agents and collectors with a token that opens nothing else.

Knows addresses, forms and packing of bodies, tokens, and how the parts of telemetry are put together for a home.
Refuses to know spans. Invariants: no answer without a good token, health apart; who hears 200 finds the spans again; a
body is never larger unpacked than is taken; no case key and no signing key is opened in this process.
"""

from goldenthread.surfaces.otlp.application import application
from goldenthread.surfaces.otlp.keeping import ANCHOR, anchoring, content_policy, detectors
from goldenthread.surfaces.otlp.serving import Receiver, receive

__all__ = ["ANCHOR", "Receiver", "anchoring", "application", "content_policy", "detectors", "receive"]
