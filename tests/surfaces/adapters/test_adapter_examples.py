from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from surfaces.adapters.bench import installed

ROOT = Path(__file__).parents[3]

SHOWN = """\
after 12 past cases: constrained

# allowed: within the limit
order-1: done
  I was told: paid 20 EUR for order-1

# asked: above the limit; another process goes on after a yes
order-2: waiting
lee@example.com: approve
order-2: done
  I was told: paid 80 EUR for order-2

# edited: what a person wrote is done, and the model is told
order-3: waiting
lee@example.com: edit amount=60 EUR
order-3: done
  I was told: paid 60 EUR for order-3

Before this was done, a person changed its arguments. It was done with: {"amount": "60 EUR", "order": "order-3"}

# refused: no contract declares it
order-4: done
  I was told: Refused: 'close_account' does not happen: Action 'close_account' is not declared; the contract declares \
read_order, pay_refund (clause actions, action ID). Nothing was done. Do not try the same again in other words; \
go on without it, and say that it was refused.
"""


@pytest.mark.parametrize("framework", installed())
def test_the_example_allows_asks_edits_and_refuses_without_a_model_key(framework: str, tmp_path: Path) -> None:
    """An example that fails costs the reader the trust in all others; each framework shows the very same."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GOLDENTHREAD_")}
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "adapters" / f"refunds_with_{framework}.py"],
        env={**own, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.sub(r"action [0-9a-f]{16}", "action ID", done.stdout) == SHOWN
