"""A committed version: every word of what is signed, whose signature it lacks, and signing, asking and refusing."""

from __future__ import annotations

from goldenthread.control.signing import ask_signature, refuse_signature, sign_version
from goldenthread.promise.contract import page, page_html
from goldenthread.promise.errors import ContractConflict, PageNotFound
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Part, Raw, Shown
from goldenthread.surfaces.console.pages.common import to_slice
from goldenthread.surfaces.console.pages.drafts import only_style
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.signing import version_to_sign


def version_page(asked: Asked) -> Shown:
    """A version as its visitor sees it, who may have to sign it."""
    name, number = asked.path["slice"], _number(asked)
    view = version_to_sign(asked.shelf.desk(name), asked.shelf.principals(), number, asked.visitor.name)
    return Shown(
        template="version.html",
        title=f"{name}, version {number}",
        view=view,
        trail=(*to_slice(name), ("Versions", f"/slices/{name}/author")),
        live=(name,),
        more={"slice": name, "address": f"/slices/{name}/author/{number}"},
    )


def printed_version_part(asked: Asked) -> Raw:
    """The printed page of a version on record, with who signed it."""
    view = version_to_sign(asked.shelf.desk(asked.path["slice"]), asked.shelf.principals(), _number(asked), None)
    contract = asked.shelf.desk(asked.path["slice"]).standing().versions[view.contract.version].contract
    signed = {one.by: f"signed {one.at:%Y-%m-%d %H:%M} UTC, {one.place}" for one in view.contract.signatures}
    html = page_html(page(contract), signed)
    return Raw(content=html.encode(), kind="text/html", headers=only_style(html))


def sign(asked: Asked) -> Done:
    """Sign the version that was shown, with the visitor's own key."""
    name, number = asked.path["slice"], _number(asked)
    desk = asked.shelf.desk(name)
    version = desk.standing().versions.get(number)
    if version is None:
        raise PageNotFound(f"No version {number} of '{name}'. Begin at the slice's page.")
    if asked.form.get("digest") != version.digest:
        raise ContractConflict(
            f"The form was drawn for another text than version {number} of '{name}' has on record, "
            f"{version.digest[:19]}.... Nothing was signed. Reload the page, and read what it shows."
        )
    signed = sign_version(desk, asked.ring(), version.contract, by=asked.name)
    if signed.in_force:
        said = f"You signed version {number} as {signed.role}. Everybody has signed: it is in force."
    else:
        said = f"You signed version {number} as {signed.role}. Still to sign: {', '.join(signed.missing) or 'nobody'}."
    return Done(to=f"/slices/{name}/author/{number}", said=said)


def ask(asked: Asked) -> Done:
    """Ask somebody whom the version names for their signature, on record."""
    name, number = asked.path["slice"], _number(asked)
    whom, within = asked.word("name", most=200), asked.word("within", most=40)
    ask_signature(asked.shelf.desk(name), asked.ring(), whom, by=asked.name, version=number, within=within)
    return Done(
        to=f"/slices/{name}/author/{number}", said=f"{whom} is asked to sign version {number}, within {within}."
    )


def refuse(asked: Asked) -> Done:
    """Refuse to sign the version, with the reason on record."""
    name, number = asked.path["slice"], _number(asked)
    reason = asked.word("reason", least=3)
    refuse_signature(asked.shelf.desk(name), asked.ring(), reason, by=asked.name, version=number)
    return Done(
        to=f"/slices/{name}/author/{number}", said=f"You refuse to sign version {number}; your reason is on record."
    )


def _number(asked: Asked) -> int:
    text = asked.path["version"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise PageNotFound(f"'{text[:40]}' is no version of '{asked.path['slice']}'. Begin at the slice's page.")
    return int(text)


_ONE = "/slices/{slice}/author/{version}"
PAGES: tuple[Page, ...] = (Page(address=_ONE, draw=version_page, right=Right.SEE),)
PARTS: tuple[Part, ...] = (Part(address=f"{_ONE}/printed", give=printed_version_part, right=Right.SEE),)
DEEDS: tuple[Deed, ...] = (
    Deed(address=f"{_ONE}/sign", do=sign, right=Right.SIGN),
    Deed(address=f"{_ONE}/ask", do=ask, right=Right.AUTHOR),
    Deed(address=f"{_ONE}/refuse", do=refuse, right=Right.SIGN),
)
