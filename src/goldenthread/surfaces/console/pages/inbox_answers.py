"""What people do with items: answer, ask, pass on, take; one at a time, or several alike ones together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from goldenthread.control.approvals import Answered, Inbox, Item, Shown
from goldenthread.promise.errors import AnswerInvalid, FormRefused
from goldenthread.promise.values import Json
from goldenthread.record.metrics import Proposal
from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page
from goldenthread.surfaces.console.fields import arguments, changes
from goldenthread.surfaces.console.pages.inbox_found import filters_of, find_item, here, queue_of
from goldenthread.surfaces.console.rights import Right

_Act = Callable[[Inbox, str], Item]


def approve(asked: Asked) -> Done:
    """Say yes to exactly what was shown."""
    found = find_item(asked, asked.path["item"], Right.ANSWER)
    seen = _seen(asked)
    _require_sure(asked, found.slice, [found.id])
    return _answered(asked, found, lambda box, by: box.approve(found.id, by=by, seen=seen), "Approved")


def edit(asked: Asked) -> Done:
    """Say yes to other arguments."""
    found = find_item(asked, asked.path["item"], Right.ANSWER)
    seen = _seen(asked)
    _require_sure(asked, found.slice, [found.id])
    parts = views.answering(asked.shelf.desk(found.slice), found.id, name=asked.name).parts
    changed = changes(parts, asked.form)
    if not changed:
        raise AnswerInvalid(f"Nothing of item {found.id} was changed. Change an argument, or approve it as it is.")
    return _answered(
        asked,
        found,
        lambda box, by: box.edit(found.id, changed, by=by, seen=seen),
        f"Approved with your changes ({_said_shortly(changed)})",
    )


def reject(asked: Asked) -> Done:
    """Say no; the agent gets the reason."""
    found = find_item(asked, asked.path["item"], Right.ANSWER)
    seen, reason = _seen(asked), asked.word("reason")
    return _answered(asked, found, lambda box, by: box.reject(found.id, reason, by=by, seen=seen), "Rejected")


def answer(asked: Asked) -> Done:
    """Decide a blind question or an escalation oneself; after it, what the agent had proposed may be seen."""
    found = find_item(asked, asked.path["item"], Right.ANSWER)
    seen, action = _seen(asked), asked.word("action", most=200)
    choices = views.answering(asked.shelf.desk(found.slice), found.id, name=asked.name).choices
    choice = next((one for one in choices if one.action == action), None)
    given = arguments(choice.parts, asked.form) if choice is not None else {}
    decision = Proposal(action=action, arguments=given)
    item = _act(asked, found.slice, lambda box, by: box.answer(found.id, decision, by=by, seen=seen))
    said = f"Recorded for case {item.case}: {_call(action, given)}."
    if item.kind == "blind question":
        said += " What the agent had proposed stands below."
    return Done(to=f"/inbox/{found.id}{here(filters_of(asked))}", said=said)


def settle(asked: Asked) -> Done:
    """Say whether an effect in doubt happened."""
    found = find_item(asked, asked.path["item"], Right.ANSWER)
    seen, said = _seen(asked), asked.word("happened")
    if said not in ("yes", "no"):
        raise FormRefused(f"'{said[:80]}' does not say whether it happened. Say yes or no.")
    happened, after = said == "yes", _next(asked, found.id)
    item = _act(asked, found.slice, lambda box, by: box.settle(found.id, happened=happened, by=by, seen=seen))
    came = "happened, and will not be repeated" if happened else "did not happen; the agent may ask again"
    return Done(to=after, said=f"Settled: {item.action or 'the effect'} in case {item.case} {came}.")


def escalate(asked: Asked) -> Done:
    """Hand the item to the next step of the contract's path."""
    return _passed(asked, lambda box, item, by: box.escalate(item, by=by))


def hand_over(asked: Asked) -> Done:
    """Hand the item to a person by name."""
    to = asked.word("to", most=200)
    return _passed(asked, lambda box, item, by: box.hand_over(item, to, by=by))


def ask_back(asked: Asked) -> Done:
    """Ask the agent, or who answers for it."""
    question = asked.word("question")
    said = "Asked. The reply will stand here; the clock keeps running."
    return _stays(asked, Right.ANSWER, lambda box, item, by: box.ask_back(item, question, by=by), said)


def reply(asked: Asked) -> Done:
    """Reply to what was asked."""
    text = asked.word("text")
    said = "Your reply stands under the item."
    return _stays(asked, Right.CONTENT, lambda box, item, by: box.reply(item, text, by=by), said)


def claim(asked: Asked) -> Done:
    """Take an item, so that nobody else works on it; or keep it for longer."""
    said = "It is yours for 15 minutes: nobody else may answer it."
    return _stays(asked, Right.ANSWER, lambda box, item, by: box.claim(item, by=by), said)


def release(asked: Asked) -> Done:
    """Give a claim back; an owner may break anybody's."""
    return _stays(
        asked, Right.ANSWER, lambda box, item, by: box.release(item, by=by), "Nobody is at it now; anybody may take it."
    )


def answer_several(asked: Asked) -> Done:
    """Say yes or no to several alike approvals, to each exactly as it was shown; of each, what became of it."""
    ticked = [one.partition(":") for one in asked.many.get("item", ())]
    if not ticked:
        raise FormRefused("No item is ticked, so none was answered. Tick those that you looked at.")
    found = [find_item(asked, name, Right.ANSWER) for name, _, _ in ticked]
    other = next((one for one in found if one.slice != found[0].slice), None)
    if other is not None:
        raise AnswerInvalid(
            f"Item {other.id} is of '{other.slice}', and item {found[0].id} of '{found[0].slice}'; only items of one "
            "slice are answered together. Split them."
        )
    said = asked.word("answer")
    if said not in ("approve", "reject"):
        raise FormRefused(f"'{said[:80]}' is no answer to several. Approve or reject them.")
    shown = [Shown(item=one.id, seen=seen) for one, (_, _, seen) in zip(found, ticked, strict=True)]
    if said == "approve":
        _require_sure(asked, found[0].slice, [one.id for one in found])
    box = Inbox(asked.shelf.desk(found[0].slice), asked.ring().sign)
    by = asked.name
    results = (
        box.approve_each(shown, by=by) if said == "approve" else box.reject_each(shown, asked.word("reason"), by=by)
    )
    words = "\n".join(_results(results, "Approved" if said == "approve" else "Rejected"))
    return Done(to=f"/inbox{here(filters_of(asked))}", said=words)


def deeds(*, item: Page, inbox: Page) -> tuple[Deed, ...]:
    """Every deed of the inbox, with the pages that are drawn again where one is refused."""
    of_item: dict[str, Callable[[Asked], Done]] = {
        "approve": approve,
        "edit": edit,
        "reject": reject,
        "answer": answer,
        "settle": settle,
        "escalate": escalate,
        "hand-over": hand_over,
        "ask-back": ask_back,
        "reply": reply,
        "claim": claim,
        "release": release,
    }
    return (
        *(
            Deed(
                address=f"/inbox/{{item}}/{name}",
                do=do,
                right=Right.CONTENT if name == "reply" else Right.ANSWER,
                again=item,
            )
            for name, do in of_item.items()
        ),
        Deed(address="/inbox", do=answer_several, right=Right.ANSWER, again=inbox),
    )


def _act(asked: Asked, slice_name: str, act: _Act) -> Item:
    return act(Inbox(asked.shelf.desk(slice_name), asked.ring().sign), asked.name)


def _answered(asked: Asked, found: views.Found, act: _Act, done: str) -> Done:
    """An answer that closes an item: what happens next, and the item after it."""
    after = _next(asked, found.id)
    item = _act(asked, found.slice, act)
    words = f"{done}: {item.action or 'the action'} in case {item.case}."
    return Done(to=after, said=f"{words} {item.revealed or _then(item, yes=done != 'Rejected')}")


def _then(item: Item, *, yes: bool) -> str:
    if not yes:
        return "It does not happen, and the agent is told why."
    if item.moot is not None:
        return f"It may come to nothing: {item.moot}."
    when = "It happens once, when the agent opens the case again"
    if item.stopped is None:
        return f"{when}."
    return f"Until that is lifted it permits nothing: {item.stopped}. {when} after that."


def _passed(asked: Asked, act: Callable[[Inbox, str, str], Item]) -> Done:
    found = find_item(asked, asked.path["item"], Right.ANSWER)
    after = _next(asked, found.id)
    item = _act(asked, found.slice, lambda box, by: act(box, found.id, by))
    return Done(to=after, said=f"The item of case {item.case} is with {item.assigned} now.")


def _stays(asked: Asked, right: Right, act: Callable[[Inbox, str, str], Item], said: str) -> Done:
    found = find_item(asked, asked.path["item"], right)
    _act(asked, found.slice, lambda box, by: act(box, found.id, by))
    return Done(to=f"/inbox/{found.id}{here(filters_of(asked))}", said=said)


def _next(asked: Asked, item: str) -> str:
    """Where somebody goes on after an item: to the one after it in their list, else to the list."""
    wanted = filters_of(asked)
    order = queue_of(asked, wanted)
    place = order.index(item) if item in order else -1
    left = [one for one in (*order[place + 1 :], *order[: max(place, 0)]) if one != item]
    return f"/inbox/{left[0]}{here(wanted)}" if left else f"/inbox{here(wanted)}"


def _seen(asked: Asked) -> str:
    """The digest of what was shown: no answer is given to what nobody says they saw."""
    return asked.word("seen", least=8, most=100)


def _require_sure(asked: Asked, slice_name: str, items: Sequence[str]) -> None:
    """
    Raises:
        FormRefused: A yes to what cannot be taken back, and nobody said that they are sure.
    """
    if asked.form.get("sure") == "yes":
        return
    final = views.final_among(asked.shelf.desk(slice_name), items)
    if final:
        raise FormRefused(
            f"'{final[0]}' cannot be taken back, and nobody said that they are sure. Tick that you are, and say it "
            "again."
        )


def _results(results: Sequence[Answered], done: str) -> list[str]:
    """Of each item of a batch, what became of it; first how many."""
    there = [one.item for one in results if one.item is not None]
    refused = [one for one in results if one.refused is not None]
    said = [f"{done}: {len(there)} of {len(results)}."]
    said += [f"{done}: case {item.case}.{f' {item.revealed}' if item.revealed else ''}" for item in there]
    said += [f"Refused: {one.refused.message}" for one in refused if one.refused is not None]
    return said


def _said_shortly(changed: Mapping[str, Json]) -> str:
    """`amount: 12 EUR`: what was changed, as far as it has room in a sentence."""
    words = ", ".join(f"{name}: {value}" for name, value in changed.items())
    return words if len(words) <= 200 else f"{words[:197]}..."


def _call(action: str, given: dict[str, Json]) -> str:
    return f"{action}({', '.join(f'{name}: {value}' for name, value in given.items())})"
