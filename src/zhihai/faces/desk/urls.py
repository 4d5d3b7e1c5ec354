"""Addresses of the desk, the sign-in and the public figures."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.cache import never_cache

from zhihai.faces.desk import cases, clients, devices, figures, operation, people, quarantine, rules
from zhihai.faces.desk.signing import SignIn, SignOut

urlpatterns = [
    path("", cases.home, name="home"),
    path("sign-in/", SignIn.as_view(), name="account_login"),
    path("sign-out/", SignOut.as_view(), name="account_logout"),
    path("desk/", cases.inbox, name="desk"),
    path("desk/cases/", cases.all_cases, name="desk-cases"),
    path("desk/closed/", cases.closed_cases, name="desk-closed"),
    path("desk/cases/<str:number>", cases.case, name="desk-case"),
    path("desk/cases/<str:number>/process.bpmn", cases.process_bpmn, name="desk-bpmn"),
    path("desk/cases/<str:number>/tasks/<int:task>", cases.take_step, name="desk-step"),
    path("desk/cases/<str:number>/clocks/<int:clock>", cases.direct_clock, name="desk-clock"),
    path("desk/search", cases.search, name="desk-search"),
    path("desk/devices/", devices.devices, name="desk-devices"),
    path("desk/devices/<str:code>", devices.device, name="desk-device"),
    path("desk/quarantine/", quarantine.quarantine, name="desk-quarantine"),
    path("desk/quarantine/decide", quarantine.decide, name="desk-quarantine-decide"),
    path("desk/rules/", rules.rules, name="desk-rules"),
    path("desk/rules/<str:name>", rules.rule, name="desk-rule"),
    path("desk/rules/<str:name>/set", rules.set_rule, name="desk-rule-set"),
    path("desk/operation/", operation.operation, name="desk-operation"),
    path("desk/operation/speed", operation.set_speed, name="desk-speed"),
    path("desk/parked/", operation.parked, name="desk-parked"),
    path("desk/parked/give", operation.give_parked, name="desk-parked-give"),
    path("desk/intake/", operation.intake, name="desk-intake"),
    path("desk/notices/", operation.notices, name="desk-notices"),
    path("desk/notices/<int:notice>", operation.read_notice, name="desk-notice-read"),
    path("desk/people/", people.people, name="desk-people"),
    path("desk/people/found", never_cache(people.found_people), name="desk-people-found"),
    path("desk/people/<int:person>", never_cache(people.person), name="desk-person"),
    path("desk/people/<int:person>/look", never_cache(people.look), name="desk-person-look"),
    path("desk/people/<int:person>/correct", never_cache(people.correct), name="desk-person-correct"),
    path("desk/people/<int:person>/confirm", never_cache(people.confirm), name="desk-person-confirm"),
    path("desk/looks/", people.looks, name="desk-looks"),
    path("desk/clients/", clients.clients, name="desk-clients"),
    path("desk/clients/register", never_cache(clients.register), name="desk-client-register"),
    path("desk/clients/keys", clients.roll, name="desk-client-keys"),
    path("desk/clients/<str:client>", clients.client, name="desk-client"),
    path("desk/clients/<str:client>/secret", never_cache(clients.renew), name="desk-client-renew"),
    path("desk/clients/<str:client>/switch", clients.switch, name="desk-client-switch"),
    path("figures/", figures.figures, name="figures"),
    path("figures/<str:name>/<str:starts>", figures.figure, name="figure"),
]
