"""Releases of a slice's agents: what is other in each, who signed it, and signing or refusing it."""

from __future__ import annotations

from goldenthread.control.signing import refuse_release, sign_release
from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Shown
from goldenthread.surfaces.console.pages.common import to_slice
from goldenthread.surfaces.console.rights import Right


def releases_page(asked: Asked) -> Shown:
    """Every release that was declared in a slice, the newest first."""
    name = asked.path["slice"]
    return Shown(
        template="releases.html",
        title=f"Releases of {name}",
        view=views.releases(asked.shelf.desk(name)),
        trail=to_slice(name),
        live=(name,),
        more={"slice": name, "typed": asked.form, "about": asked.path.get("fingerprint", "")},
    )


def sign(asked: Asked) -> Done:
    """Sign a release as its contract asks: what it has earned meanwhile counts at once."""
    name = asked.path["slice"]
    signed = sign_release(asked.shelf.desk(name), asked.ring(), asked.path["fingerprint"], by=asked.name)
    if signed.again:
        said = "You had signed it before; nothing was recorded."
    elif signed.missing:
        waits = " and ".join(f"{who} as {role}" for who, role in signed.missing.items())
        said = f"Signed as {signed.role}. It waits for {waits}."
    else:
        said = f"Signed as {signed.role}. Everybody has: it may use {signed.level} now."
    return Done(to=f"/slices/{name}/releases", said=said)


def refuse(asked: Asked) -> Done:
    """Say that one will not sign a release, or take one's signature back."""
    name, reason = asked.path["slice"], asked.word("reason")
    refuse_release(asked.shelf.desk(name), asked.ring(), asked.path["fingerprint"], reason, by=asked.name)
    return Done(to=f"/slices/{name}/releases", said="Refused. It goes no higher than draft until you sign it.")


RELEASES = Page(address="/slices/{slice}/releases", draw=releases_page, right=Right.SEE, tab="Releases")

PAGES: tuple[Page, ...] = (RELEASES,)
DEEDS: tuple[Deed, ...] = (
    Deed(address="/slices/{slice}/releases/{fingerprint}/sign", do=sign, right=Right.SIGN, again=RELEASES),
    Deed(address="/slices/{slice}/releases/{fingerprint}/refuse", do=refuse, right=Right.SIGN, again=RELEASES),
)
