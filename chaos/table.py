"""The table: what was done to the scene, what it did meanwhile, and what holds."""

from __future__ import annotations

from chaos.trial import Outcome


def render(outcome: Outcome, took_s: float) -> str:
    """Lines for a terminal."""
    lines = ["", "What was done to it", *(f"  {count or 'NONE':>6}  {kind}" for kind, count in outcome.faults.items())]
    lines += ["", "What it did meanwhile", *(f"  {count:>6}  {what}" for what, count in outcome.figures.items())]
    lines += ["", "What holds"]
    for check in outcome.checks:
        lines.append(f"  {'ok' if check.ok else 'NOT':>6}  {check.name} ({check.looked_at} looked at)")
        lines += [f"          {finding}" for finding in check.findings[:20]]
        if len(check.findings) > 20:
            lines.append(f"          and {len(check.findings) - 20} more")
    failed = [f"Did not hold: {check.name}." for check in outcome.checks if not check.ok]
    failed += [f"Never came about, so nothing is known of it: {kind}." for kind in outcome.untried]
    return "\n".join([*lines, "", *(failed or ["Everything held."]), f"That took {took_s:.0f} s."])
