"""The slice that is worked by hand in docs/howto/value.md, and the service of docs/howto/promises.md."""

from __future__ import annotations

from goldenthread.factory.value import Climbs, Span, ValueInputs, parse_span, stated_climb, value_inputs

STATED = {
    "volume": "100 cases per week (log, tickets of 2026)",
    "minutes": "10 to 14 min (log, tickets of 2026)",
    "rate": "60 EUR/h (owner, finance)",
    "run_cost": "0.20 to 0.40 EUR/case (measured, 500 cases in shadow)",
    "handed_over": "20 to 40 % (owner, maya)",
    "saved_at_draft": "0 to 20 % (owner, maya)",
    "review": "1 to 3 min (owner, maya)",
    "rework": "0 to 5 % (owner, maya)",
    "upkeep": "2 to 4 h/week (owner, maya)",
}
CLIMBS = Climbs(
    slow=stated_climb("slow", shadow=0, draft=500, approval=1500),
    likely=stated_climb("likely", shadow=0, draft=200, approval=600, constrained=2000),
    fast=stated_climb("fast", shadow=0, draft=100, approval=300, constrained=1000),
)

SERVICE = """\
apiVersion: goldenthread/v1
kind: ServicePromise
name: order-checks
says: Every order is checked before it is packed, instead of one in fifty.
owner: maya@example.com
today: {share: 2 %, hours: office}
promises:
  one-in-five: {share: 20 %, hours: office}
  every-order: {share: 100 %, hours: always, within: 60 s}
inputs:
  volume: 5000 cases per week (log, orders of 2026)
  minutes: 6 min (log, scans of 2026)
  rate: 30 EUR/h (owner, finance)
  open: 40 h/week (owner, warehouse)
  surcharge: 25 % (owner, finance)
  run_cost: 0.05 EUR/case (measured, 800 orders in shadow)
  seconds: 20 s (measured, 800 orders in shadow)
  handed_over: 5 % (measured, 800 orders in shadow)
  looked_at: 10 % (contract, audit)
  review: 1 min (measured, 80 audits)
  upkeep: 4 h/week (owner, maya)
  hit: 1 % (log, complaints of 2026)
  quality: 80 % (measured, 800 orders in shadow)
  quality_people: 95 % (owner, warehouse)
  saved: 40 EUR/case (log, cost of a return)
"""


def spans(**changed: str) -> dict[str, Span]:
    """Spans as stated, with some of them other."""
    from goldenthread.factory.value import UNITS

    return {name: parse_span(line, *UNITS[name]) for name, line in (STATED | changed).items()}


def inputs(**changed: str) -> ValueInputs:
    """The inputs of the worked slice, with some of them other."""
    return value_inputs(spans(**changed))
