"""Every address of the platform, by face."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from zhihai.faces.api.answering import answered, only_get
from zhihai.faces.api.urls import urlpatterns as api
from zhihai.faces.certificates.urls import urlpatterns as certificates
from zhihai.faces.design.guide import guide
from zhihai.faces.desk.urls import urlpatterns as desk
from zhihai.faces.hall.urls import urlpatterns as hall
from zhihai.faces.provider.urls import urlpatterns as provider
from zhihai.faces.refusals import failed, no_page, not_permitted, too_many, unreadable
from zhihai.faces.wall.urls import urlpatterns as wall
from zhihai.site import items_page, staff_page
from zhihai.site.health import health, living, serving
from zhihai.site.machine_page import machine
from zhihai.site.metrics import metrics
from zhihai.site.plan_page import plan_page

urlpatterns: list[URLPattern | URLResolver] = [
    *api,  # first: devices ask more often than people
    path("health", health, name="health"),
    path("health/live", answered(only_get(living)), name="live"),
    path("health/ready", answered(only_get(serving)), name="ready"),
    path("metrics", answered(only_get(metrics)), name="metrics"),
    path("desk/machine/", machine, name="desk-machine"),
    path("desk/staff/", staff_page.staff, name="desk-staff"),
    path("desk/staff/compare", staff_page.compare, name="desk-staff-compare"),
    path("desk/staff/apply", staff_page.apply, name="desk-staff-apply"),
    path("desk/items/import", items_page.bring, name="desk-items-import"),
    path("desk/items/import/compare", items_page.compare, name="desk-items-compare"),
    path("desk/items/import/apply", items_page.apply, name="desk-items-apply"),
    path("plan/", plan_page, name="plan"),
    path("design", guide, name="design"),
    *wall,
    *desk,
    *hall,
    *provider,
    *certificates,
]

handler400, handler403, handler404, handler500 = unreadable, not_permitted, no_page, failed
handler429 = too_many
"""allauth's, for who comes too often."""
