"""Telemetry beside its peers: how fast spans become durable, at what cost, and how soon questions are answered."""
