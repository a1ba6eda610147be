"""What the agent proposes, and when it hands a case over."""

from __future__ import annotations

from typing import Any

from goldenthread.products.open_source_intake import HASTY, Decision, Package, Precedents, bears, manifest
from goldenthread.products.open_source_intake.packages import Declaration, evidence

MIT_TEXT = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software to deal in it "
    "without restriction, provided that the above copyright notice and this permission notice are kept."
)
GPL_TEXT = (
    "This program is free software; you can redistribute it under the terms of the GNU General Public License as "
    "published by the Free Software Foundation; either version {}, or (at your option) any later version."
)
MIT = Decision(action="admit_package", licence="MIT")
GPL2 = Decision(action="refuse_package", licence="GPL-2.0-or-later")
BOTH = Decision(action="admit_package", licence="GPL-2.0-or-later OR MIT")


def package(name: str, *texts: str) -> Package:
    seen = evidence(name=name, ecosystem="pypi", version="1", summary="", homepage="", files=(), texts=texts)
    return Package(request=f"pypi/{name}", evidence=seen, declaration=Declaration(statements=(), dialect="python"))


def taught(*cases: tuple[Package, Decision]) -> Precedents:
    known = Precedents()
    for case, decision in cases:
        known.learn(case, decision)
    return known


def test_it_proposes_what_was_decided_on_the_nearest_and_cites_it(attempt: Any) -> None:
    """The citation is the ground of the proposal."""
    known = taught((package("one", MIT_TEXT), MIT), (package("two", GPL_TEXT.format(2)), GPL2))
    notes = attempt(package("new", "Copyright (c) 2020 Me\n" + MIT_TEXT), known)
    assert notes.proposal == ("admit_package", {"request": "pypi/new", "package": "new", "licence": "MIT"})
    assert notes.cited == ["pypi/one"]
    assert notes.grounded()


def test_a_version_apart_is_another_licence(attempt: Any) -> None:
    """One digit of a hundred words decides; overlap alone takes version 3 for version 2."""
    known = taught((package("two", GPL_TEXT.format(2)), GPL2))
    assert attempt(package("new", GPL_TEXT.format(3)), known).reason == "no precedent is near enough"
    assert attempt(package("new", GPL_TEXT.format(3)), known, HASTY).proposal is not None


def test_no_text_goes_to_a_person(attempt: Any) -> None:
    """Without evidence there is nothing to propose."""
    notes = attempt(package("new"), taught((package("one", MIT_TEXT), MIT)))
    assert notes.reason == "the package brings no licence text"
    assert notes.queries == []


def test_the_first_case_goes_to_a_person(attempt: Any) -> None:
    """Nothing was decided before it."""
    assert attempt(package("new", MIT_TEXT), Precedents()).reason == "no precedent is near enough"


def test_contradictory_precedents_go_to_a_person(attempt: Any) -> None:
    """When people decided both ways, the agent does not pick one."""
    known = taught((package("one", MIT_TEXT), MIT), (package("two", MIT_TEXT), GPL2))
    assert attempt(package("new", MIT_TEXT), known).reason == "near precedents contradict each other"


def test_siblings_are_no_precedents(attempt: Any) -> None:
    """The same source under two names would answer for itself."""
    known = taught((package("new-1", MIT_TEXT), MIT))
    assert attempt(package("new-2", MIT_TEXT), known).reason == "no precedent is near enough"
    assert attempt(package("other", MIT_TEXT), known).proposal is not None


def test_several_texts_need_a_decision_that_joined_them(attempt: Any) -> None:
    """Whether both licences hold or one may be chosen is not for the agent to guess."""
    parts = [(package("one", MIT_TEXT), MIT), (package("two", GPL_TEXT.format(2)), GPL2)]
    new = package("new", MIT_TEXT, GPL_TEXT.format(2))
    assert attempt(new, taught(*parts)).reason == "no agreed precedent joins these licences: GPL-2.0-or-later, MIT"
    joined = package("joined", "Take either of two licences, the one or the other, as it pleases you.")
    notes = attempt(new, taught(*parts, (joined, BOTH)))
    assert notes.proposal == (BOTH.action, BOTH.arguments("pypi/new", "new"))
    assert notes.cited == ["pypi/joined"]
    assert notes.grounded()


def test_an_unknown_text_beside_a_known_one_goes_to_a_person(attempt: Any) -> None:
    """A copyleft text beside a permissive one must not pass as permissive."""
    known = taught((package("one", MIT_TEXT), MIT))
    notes = attempt(package("new", MIT_TEXT, GPL_TEXT.format(2)), known)
    assert notes.reason == "one of several licence texts has no precedent"


def test_a_citation_bears_only_its_own_licence_and_action() -> None:
    """A proposal that cites a decision on something else is ungrounded."""
    mit = {"action": "admit_package", "licence": "MIT", "package": "one"}
    assert bears(mit, "admit_package", {"licence": "MIT"})
    assert bears(mit, "refuse_package", {"licence": "GPL-2.0-only AND MIT"})
    assert not bears(mit, "refuse_package", {"licence": "MIT"})
    assert not bears(mit, "admit_package", {"licence": "ISC"})
    assert not bears({}, "admit_package", {"licence": ""})
    assert not bears({}, "admit_package", {})


def test_releases_declare_themselves_differently() -> None:
    """A level belongs to a fingerprint, so another release must have another manifest."""
    assert manifest() != manifest(HASTY)
    assert manifest()["model"] == "nearest precedent, no language model"
