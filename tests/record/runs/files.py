"""Small files of recorded runs, as the benchmarks' own programs write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

POLICY = "# Airline Agent Policy\n\nHelp passengers."


def taubench_run(task: Any = 0, trial: int = 0, reward: float = 1.0, **fields: Any) -> dict[str, Any]:
    """One run of tau-bench: a question, a read, a change, an answer."""
    run = {
        "task_id": task,
        "reward": reward,
        "info": {"source": "user", "user_cost": 0.001, "reward_info": {"reward": reward, "info": {}}},
        "traj": [
            {"role": "system", "content": POLICY},
            {"role": "user", "content": f"Cancel booking {task}, please."},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [_taubench_call("a", "get_user_details", {"id": "mia"})],
            },
            {"role": "tool", "tool_call_id": "a", "name": "get_user_details", "content": '{"name": "Mia"}'},
            {
                "role": "assistant",
                "content": "I will.",
                "tool_calls": [_taubench_call("b", "cancel_reservation", {"r": 1})],
            },
            {"role": "tool", "tool_call_id": "b", "name": "cancel_reservation", "content": "Error: flown already"},
            {"role": "user", "content": "Thanks. ###STOP###"},
        ],
        "trial": trial,
    }
    return {**run, **fields}


def tau2_run(task: str = "0", trial: int = 0, reward: float = 1.0, **fields: Any) -> dict[str, Any]:
    """One run of tau2-bench, a minute and a few seconds long."""
    run = {
        "id": f"run-{task}-{trial}",
        "task_id": task,
        "trial": trial,
        "start_time": f"2025-10-06T19:{trial:02}:17.399833",
        "end_time": f"2025-10-06T20:00:1{trial}.350949",
        "termination_reason": "user_stop",
        "agent_cost": 0.25,
        "reward_info": {"reward": reward, "action_checks": None},
        "messages": [
            _tau2_message("user", f"Cancel booking {task}, please.", "2025-10-06T19:30:00.100000"),
            {
                **_tau2_message("assistant", None, "2025-10-06T19:30:01.200000"),
                "usage": {"completion_tokens": 3, "prompt_tokens": 9},
                "tool_calls": [
                    _tau2_call("a", "get_user_details", {"id": "mia"}),
                    _tau2_call("b", "send_gift", {"e": 5}),
                ],
            },
            {"role": "tool", "id": "a", "content": '{"name": "Mia"}', "error": False, "requestor": "assistant"},
            {"role": "tool", "id": "b", "content": "no budget", "error": True, "requestor": "assistant"},
            _tau2_message("assistant", "Done.", "2025-10-06T19:30:03.000000"),
        ],
    }
    return {**run, **fields}


def tau2_file(*runs: dict[str, Any], domain: str = "airline-relaxed", llm: str | None = "gpt-x") -> dict[str, Any]:
    """A file of tau2-bench."""
    return {
        "timestamp": "2025-10-06T19:24:16.549906",
        "info": {
            "git_commit": "cc2ee4d",
            "agent_info": {"implementation": "llm_agent", "llm": llm, "llm_args": {"temperature": 0.5}},
            "environment_info": {"domain_name": domain, "policy": POLICY},
        },
        "tasks": [],
        "simulations": list(runs),
    }


def handing_over(run: dict[str, Any], answer: str = "Transfer successful") -> dict[str, Any]:
    """A tau2 run in which the agent also gives the case to a person."""
    call = _tau2_call("z", "transfer_to_human_agents", {"summary": "cannot help"})
    asked = {"role": "assistant", "content": None, "tool_calls": [call]}
    return {**run, "messages": [*run["messages"], asked, {"role": "tool", "id": "z", "content": answer}]}


def written(folder: Path, value: Any, name: str = "runs.json") -> Path:
    """The value as a file; text and bytes as they are."""
    path = folder / name
    if isinstance(value, bytes):
        path.write_bytes(value)
    else:
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def _taubench_call(id: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def _tau2_call(id: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "name": name, "arguments": arguments, "requestor": "assistant"}


def _tau2_message(role: str, content: str | None, at: str) -> dict[str, Any]:
    return {"role": role, "content": content, "tool_calls": None, "timestamp": at, "usage": None}
