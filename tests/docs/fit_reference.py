"""Write the page of worked recommendations: `PYTHONPATH=src:tests python tests/docs/fit_reference.py FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from factory.fit.described import page

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
