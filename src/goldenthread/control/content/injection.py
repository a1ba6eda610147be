"""Injected orders."""

from goldenthread.promise.values import Json


def looks_injected(value: Json) -> bool:
    return bool(value)
