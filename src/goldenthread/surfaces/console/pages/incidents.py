"""Incidents."""

from __future__ import annotations

from goldenthread.promise.errors import PageNotFound
from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked, Deed, Page, Shown
from goldenthread.surfaces.console.pages.common import to_slice
from goldenthread.surfaces.console.rights import Right


def slice_incidents_page(asked: Asked) -> Shown:
    """The incidents of a slice, those that are open first."""
    name = asked.path["slice"]
    shown = views.incidents_view(asked.shelf.desk(name))
    return Shown(
        template="incidents.html", title=f"Incidents of {name}", view=shown, trail=to_slice(name), live=(name,)
    )


def incident_page(asked: Asked) -> Shown:
    """One incident, from its onset to its end."""
    name, place = asked.path["slice"], asked.path["place"]
    found = views.incidents_view(asked.shelf.desk(name)).incidents
    shown = next((one for one in found if one.id == f"{name}#{place}"), None)
    if shown is None:
        raise PageNotFound(f"'{name}' has no incident '{place}'. See the incidents of the slice.")
    trail = (*to_slice(name), ("Incidents", f"/slices/{name}/incidents"))
    return Shown(template="incident.html", title=f"Incident {shown.id}", view=shown, trail=trail, live=(name,))


PAGES: tuple[Page, ...] = (
    Page(address="/slices/{slice}/incidents", draw=slice_incidents_page, right=Right.SEE, tab="Incidents"),
    Page(address="/slices/{slice}/incidents/{place}", draw=incident_page, right=Right.SEE),
)
DEEDS: tuple[Deed, ...] = ()
