"""Pictures of the charts of a slice's metrics, each at an address of its own."""

from __future__ import annotations

from goldenthread.promise.errors import PageNotFound
from goldenthread.surfaces.console.asking import Asked, Deed, Page, Part, Raw
from goldenthread.surfaces.console.measured import charts_of
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.pictures import SCHEMES


def chart(asked: Asked) -> Raw:
    """A metric's chart as SVG; kept by browsers for good where the address names its digest."""
    name, metric, scheme = (asked.path[part] for part in ("slice", "metric", "scheme"))
    found = next((one for one in charts_of(asked.shelf, name) if one.metric == metric), None)
    if scheme not in SCHEMES or found is None:
        raise PageNotFound(f"'{name}' has no chart of '{metric[:60]}' for '{scheme[:20]}'. See its page of metrics.")
    gallery = asked.shelf.gallery
    keeps = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Raw(
        content=lambda: gallery.picture(found, scheme),
        kind="image/svg+xml",
        headers={**_OWN_STYLE, **(keeps if asked.query.get("of") == found.digest else {})},
    )


_OWN_STYLE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
"""Opened by itself, a picture may use the styles that it brings, and nothing else."""

PAGES: tuple[Page, ...] = ()
PARTS: tuple[Part, ...] = (
    Part(address="/slices/{slice}/metrics/{metric}/chart-{scheme}.svg", give=chart, right=Right.SEE),
)
DEEDS: tuple[Deed, ...] = ()
