"""
Discovery: what an event log shows of how work is really done today.

Knows logs in every common form, figures over them, and the process drawn as a map. Refuses to know contracts, agents
and who may look. Invariants: an event that cannot be taken is counted by its kind and shown, never swallowed; a case
id is text, 'NA' too; events of a case are ordered by time, then as the log has them; a figure has one definition, in
words, and the same log gives the same figures to the last digit; where the log cannot tell, nothing is said.
"""

from importlib.util import find_spec

from goldenthread.promise.errors import DiscoveryMissing

if find_spec("duckdb") is None or find_spec("pyarrow") is None:
    raise DiscoveryMissing(
        "Event logs are looked into with DuckDB and pyarrow, and not both are installed. "
        "Run `pip install 'goldenthread[discovery]'`."
    )
