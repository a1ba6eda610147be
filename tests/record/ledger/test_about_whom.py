"""What a record is about is told by the bytes of its body, for an index that pages find it by."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goldenthread.promise.values import Json, canonical
from goldenthread.record.ledger import Ledger, read_about

RUN, ACTION, OTHER = "4545557f1b3f7e89", "0aab6261f617cc09", "8260a98e501539ea"
PATTERNS = r"""coalesce(
    substring(convert_from(body, 'UTF8') from '[,{]"run":"([0-9a-f]{16})"'),
    substring(convert_from(body, 'UTF8') from '[,{]"(?:action|decision)":"([0-9a-f]{16})"'))"""
_QUERY = f"select ledger_about(body), {PATTERNS} from unnest(%s::bytea[]) with ordinality as b (body, nth) order by nth"

NAMES = st.sampled_from(["run", "action", "decision", "rerun", 'x"run', ',"run', "a", "z", "é", "run\\"])
WORDS = st.one_of(
    st.sampled_from(
        [
            RUN,
            ACTION,
            RUN.upper(),
            RUN[:15],
            f"{RUN}0",
            "",
            f'{{"run":"{RUN}"}}',
            f',"run":"{RUN}"',
            "run",
            "Straße",
            "\0",
        ]
    ),
    st.text(max_size=20),
)
DATA: st.SearchStrategy[Json] = st.recursive(
    st.one_of(WORDS, st.integers(-5, 5), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.dictionaries(NAMES, DATA, max_size=5), min_size=20, max_size=60))
def test_the_quick_way_tells_what_the_patterns_tell(ledger: Ledger, bodies: list[dict[str, Json]]) -> None:
    """The index was made by patterns; one row told otherwise now would be lost to every page."""
    with ledger.store.session() as connection:
        rows = connection.execute(_QUERY, ([canonical(one) for one in bodies],)).fetchall()
    assert [quick for quick, _ in rows] == [told for _, told in rows]
    assert len(rows) == len(bodies)


def test_a_record_is_found_by_its_run_and_else_by_its_action(ledger: Ledger) -> None:
    """Whoever opens a case sees all that was done in it; what names nothing stands in no index."""
    ledger.append("intake", "run:start", "guard", {"case": "c", "run": RUN})
    ledger.append("intake", "action:decide", "guard", {"decision": ACTION, "run": RUN})
    ledger.append("intake", "permit:consume", "guard", {"decision": ACTION})
    ledger.append("intake", "action:effect", "guard", {"action": ACTION, "run": "no id"})
    ledger.append("intake", "note", "guard", {"text": f'"run":"{OTHER}"'})
    with ledger.store.session() as connection:
        found = {
            one: [record.kind for record in read_about(connection, "intake", [one])] for one in (RUN, ACTION, OTHER)
        }
    assert found == {RUN: ["run:start", "action:decide"], ACTION: ["permit:consume", "action:effect"], OTHER: []}
