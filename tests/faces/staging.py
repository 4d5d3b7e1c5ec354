"""A district at work, for tests of pages: an episode of heavy pollution, cases in both streets, readings set aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from allauth.account.models import EmailAddress
from tests.faces.publishing import settle_publications, staged_attachment, staged_publication
from tests.faces.staged_windows import settle_windows, staged_claim, staged_window
from tests.kernel.forms.applying import GENERAL, WHOLE, a_png
from tests.kernel.forms.defining import definition
from tests.kernel.identity.peopled import number as number_of_person
from tests.kernel.identity.peopled import registered, somebody
from tests.kernel.trust.ceremony import begin_authority, document, issued

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.reading import Reading
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.places import reads as places
from zhihai.kernel.sensing import acts as sensing
from zhihai.kernel.services import acts as item_acts
from zhihai.kernel.services import reads as items
from zhihai.kernel.services.kinds import GuideField
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust
from zhihai.kernel.trust.acts import ClientInput
from zhihai.site.player import body_of
from zhihai.site.pulse import pulse

HOUR = timedelta(hours=1)
START = datetime(2014, 2, 16, 16, tzinfo=UTC)
"""The invented district's first instant: midnight of 17 February in its zone."""
PLAYED = 34
"""Hours of readings: enough for an episode of heavy pollution to open."""
CLEAN = {"pm10": 60.0, "so2": 10.0, "no2": 40.0, "co": 900.0, "o3": 30.0}
EAST, WEST = "990101001", "990101002"
FOUND = {"index": 250.0, "peak": 260.0, "primary": "pm25", "peak_primary": "pm25"}


def actor(username: str) -> Actor:
    """Return somebody of the district, with what they may do now."""
    return identity.actor_of(identity.account_named(username).id, at=clock.now())


def send(readings: Sequence[Reading], key: str) -> None:
    """Take readings in as the stations' account sends them."""
    sender = actor("stations")
    sensing.take_in(
        sender,
        exchange.connector_of(sender.account),
        body_of(readings),
        "application/json",
        key,
        lambda _: readings,
        at=clock.now(),
        at_machine=datetime.now(UTC),
    )


def later(to: datetime) -> None:
    """Let the district's clock go on, and what follows from it happen."""
    pulse(journal.advance(to), datetime.now(UTC))


def open_inspection(area: str, *, hours_ago: float = 1.0) -> str:
    """Open an air inspection in a street, by code, and return its number."""
    now = clock.now()
    facts = {
        "device": {"zh": "东岸空气站", "en": "East Shore air station"},
        "rule": "air.rule.heavy_pollution.name",
        "found": FOUND,
        "device_code": "east-air",
        "since": now - 8 * HOUR,
    }
    return cases.open_case(
        SYSTEM,
        "air.inspection",
        at=now - hours_ago * HOUR,
        area=places.area_by_code(area).id,
        lon=100.015,
        lat=30.005,
        facts=facts,
        provenance="synthetic",
    ).number


def step(username: str, number: str, outcome: str, note: str = "核查记录") -> None:
    """End the first open task of a case that somebody may work on."""
    now, who = clock.now(), actor(username)
    shown = case_reads.case_view(who, number, now)
    task = next(task for task in shown.tasks if task.may_work)
    cases.take_step(who, shown.id, task.id, outcome, note=note, at=now)


def number_of(place: int) -> str:
    """Return the number of a case that the stage opened by an act: three in the east, then two in the west."""
    return str(
        records.value("SELECT number FROM cases WHERE subject_id IS NULL ORDER BY id OFFSET %s LIMIT 1", (place,))
    )


def set_the_stage() -> None:
    """Play a heavy episode hour by hour, then open and work on cases by acts and set readings aside."""
    for hour in range(PLAYED):
        at = START + hour * HOUR
        journal.advance(at + HOUR)
        readings = [Reading("east-air", f"air.{one}", at, value) for one, value in CLEAN.items()]
        send([Reading("east-air", "air.pm25", at, 320.0), *readings], f"h{hour}")
        later(at + HOUR)
    at = clock.now()
    send([Reading("east-air", "air.o3", at, 99_999.0), Reading("nowhere", "air.pm25", at, 20.0)], "odd")
    east = [open_inspection(EAST, hours_ago=hours) for hours in (5.0, 3.0, 1.0)]
    west = [open_inspection(WEST, hours_ago=hours) for hours in (4.0, 2.0)]
    for number in (east[0], east[1], west[0], west[1]):
        step("dispatcher", number, "send")
    for number in (east[0], west[0]):
        step("inspector", number, "violations")
    step("inspector", west[1], "clean")
    step("inspector", west[1], "file")
    settle_residents()
    settle_powers()
    settle_seals()
    settle_items()
    settle_windows(actor("resident"), actor("window"), ITEM, "取水许可（新办）", at=clock.now())
    settle_publications(clock.now())
    later(clock.now() + 6 * HOUR)


RESIDENT = "示居民"
"""Who was confirmed at a window, and looked at twice."""
ADDRESS = "示例路 8 号院"


def sign_up(username: str) -> Actor:
    """Make a resident's account under a name of sign-in that tests know."""
    made = identity_acts.sign_up("a password of a test", Named("居民账号", "Resident"), "zh", at=clock.now())
    records.execute("UPDATE account SET username = %s WHERE id = %s", (username, made))
    EmailAddress.objects.create(user_id=made, email=f"{username}@example.org", verified=True, primary=True)
    return identity.actor_of(made, at=clock.now())


def settle_residents() -> None:
    """Let a resident sign up, be confirmed at a window, agree to a system and be looked at; another sign up only."""
    now, machine, clerk = clock.now(), datetime.now(UTC), actor("window")
    (person,) = registered(somebody(8, RESIDENT, EAST, facts={"address": ADDRESS}))
    resident = sign_up("resident")
    sign_up("newcomer")
    identity_acts.claim_person(resident, RESIDENT, number_of_person(8), at=now, at_machine=machine)
    identity_acts.confirm_person(clerk, person, resident.account, "居民身份证原件", at=now, reason="读卡器故障")
    museum = ClientInput(
        name=Named("区博物馆", "District museum"), organisation=identity.organisations()[0].id,
        redirects=("https://museum.example/signed-in",), scopes=("openid", "profile"),
    )  # fmt: skip
    client, _ = trust_acts.register_client(SYSTEM, museum, at=now, at_machine=machine)
    trust_acts.give_consent(resident, client, museum.scopes, at=now)
    for fields in (("name", "address"), ("name", "number")):
        identity_acts.look(clerk, person, fields, "application", "SQ-2014-0001", at=now, at_machine=machine)
    settle_applications(resident)


DRAFTED = "519A0000100002-990101000000-000-11990101008778239R-1-00"
"""The item that the resident's draft is about."""


def settle_applications(resident: Actor) -> None:
    """Let the resident write a whole draft, and send another with a file; an official upload a form."""
    now, machine = clock.now(), datetime.now(UTC)
    records.execute("UPDATE service_item SET who = 'both' WHERE code = %s", (DRAFTED,))
    forms.propose_form(actor("operator"), definition(), at=now)
    for _ in range(2):
        key = forms.start_draft(resident, GENERAL, DRAFTED, "更换路牌", at=now, at_machine=machine)
        forms.save_draft(resident, key, 1, WHOLE, at=now)
        forms.attach(resident, key, 2, "files", "路牌.png", a_png(), at=now)
    code = form_reads.form_in_force(GENERAL, at=now).code
    forms.submit(resident, key, 3, code, at=now, at_machine=machine, language="zh")


def staged_draft() -> str:
    """Return the key of the resident's first draft, which has a file."""
    return form_reads.drafts(actor("resident"))[-1].key


def staged_file() -> str:
    """Return the key of a file of the resident's draft."""
    who = actor("resident")
    return form_reads.read_draft(who, staged_draft(), at=clock.now()).files[0].key


def settle_powers() -> None:
    """Let a role be given to an official, another wait to be confirmed, and a third be handed to a colleague."""
    now, administrator = clock.now(), actor("administrator")
    official, east = identity.account_named("street-east").id, identity.organisation_by_code(EAST).id
    area = places.area_by_code(EAST).id
    identity_acts.grant_role(
        administrator,
        official,
        "zhihai.inspector",
        east,
        area,
        at=now,
        until=now + 720 * HOUR,
        ground="任职文件 2014-7",
    )
    given = identity_acts.GrantInput(
        account=official, role="zhihai.window_clerk", organisation=east, area=area, ground="窗口轮岗"
    )
    identity_acts.propose_grant(administrator, given, at=now)
    away = actor("street-east")
    held = next(grant.membership for grant in away.scope.grants if grant.role == "zhihai.street_official")
    deputy = identity.account_named("window-east").id
    identity_acts.delegate(away, held, deputy, now, now + 72 * HOUR, "年休假", at=now)


def settle_items() -> None:
    """Let somebody keep the service items of the district, and complete the guide of one, which waits as a draft."""
    at = clock.now()
    account = identity_acts.create_account(SYSTEM, ITEMS, Named("事项管理员", "Keeper of items"), at=at)
    identity_acts.set_password(SYSTEM, account, "a password of a test", at=at)
    district, area = identity.organisation_by_code("990101").id, places.area_by_code("990101").id
    identity_acts.grant_role(SYSTEM, account, "zhihai.service_keeper", district, area, at=at)
    said = {"fee": GuideField(value="不收费", source="取水条例", as_of=at.date())}
    item_acts.complete_guide(actor(ITEMS), staged_item(), said, at=at)
    item_acts.publish(actor(ITEMS), [staged_item()], at=at)
    item_acts.complete_guide(actor(ITEMS), staged_item(), said, at=at)


ITEMS = "service_keeper"
"""Who keeps the service items: the account is called as its role is."""


def staged_item() -> int:
    """Return the number of an item whose guide is public, with another draft."""
    return min(items.catalogue().cards)


KEEPER = "seals"
"""Who keeps the seal of the environment department."""


def settle_seals() -> None:
    """Let the certificate authority begin, an office and an official get certificates, and a document be sealed."""
    at = clock.now()
    begin_authority()
    seal = issued()
    issued(EAST, account=identity.account_named("street-east").id)
    keeper = identity_acts.create_account(SYSTEM, KEEPER, Named("用印人", "Seal keeper"), at=at)
    identity_acts.set_password(SYSTEM, keeper, "a password of a test", at=at)
    office = identity.organisation_by_code("990101-environment").id
    identity_acts.grant_role(SYSTEM, keeper, "zhihai.seal_keeper", office, places.area_by_code("990101").id, at=at)
    trust_acts.seal_document(actor(KEEPER), seal, document(), at=at, at_machine=datetime.now(UTC))


def staged_seal() -> int:
    """Return the number of the certificate that was issued first."""
    return trust.certificates(SYSTEM)[-1].id


def staged_sealing() -> str:
    """Return the code of the document that was sealed."""
    return trust.sealings(SYSTEM)[-1].code


def staged_client() -> str:
    """Return the number of the system that the resident agreed to."""
    return trust.clients(SYSTEM)[0].id


def staged_person() -> int:
    """Return the number of the record of the resident."""
    return identity.by_name(SYSTEM, RESIDENT)[0].id


def staged_form() -> int:
    """Return the number of the form that was uploaded and waits to be published."""
    return form_reads.uploaded_forms(SYSTEM)[0].id


ITEM = "519A0000100001-990101000000-000-11990101008778239R-1-00"
"""A public item of the invented district."""


def staged_matter() -> str:
    """Let the resident apply for an item, and the window look into it; return the number of the matter."""
    now, machine, resident = clock.now(), datetime.now(UTC), actor("resident")
    records.execute("UPDATE service_item SET who = 'both' WHERE code = %s", (ITEM,))
    key = item_acts.begin_application(resident, ITEM, at=now, at_machine=machine)
    forms.save_draft(resident, key, 1, WHOLE, at=now)
    code = form_reads.form_in_force(GENERAL, at=now).code
    sending = item_acts.Sending(key, 2, code, "zh")
    made = item_acts.apply(resident, sending, at=now, at_machine=machine)
    item_acts.look_into(actor("window"), made.number, at=now)
    return made.number


def staged_reception() -> int:
    """Return the number of the window's reception of the resident, which it begins where there is none."""
    clerk, machine = actor("window"), datetime.now(UTC)
    for one in form_reads.receptions(clerk, at_machine=machine):
        return one.id
    return forms.receive(clerk, staged_person(), "居民身份证原件", at=clock.now(), at_machine=machine)


def staged_tie() -> tuple[int, int]:
    """Let somebody be helped by a paper; return their number and that of the tie."""
    (helped, _), now = registered(somebody(9, "示受助", EAST), somebody(10, "示帮手", EAST)), clock.now()
    given = identity_acts.TieInput(
        kind="zhihai.helper", principal=helped, name="示帮手", number=number_of_person(10), valid_from=now,
        valid_to=now + 720 * HOUR, ground="written", evidence="委托书",
    )  # fmt: skip
    return helped, identity_acts.record_tie(SYSTEM, given, at=now)


def staged_request() -> str:
    """Let the resident ask to act for somebody by a paper; return the key of the request."""
    given = forms.TieRequestInput(
        kind="zhihai.helper", name="示委托", number=number_of_person(11), relation="child", services=None,
        valid_to=clock.now() + 720 * HOUR, file="委托书.png", content=a_png(),
    )  # fmt: skip
    registered(somebody(11, "示委托", EAST))
    return forms.request_tie(actor("resident"), given, at=clock.now(), at_machine=datetime.now(UTC))


STAGED: dict[str, Callable[[], object]] = {
    "client": staged_client, "certificate": staged_seal, "sealing": staged_sealing, "item": staged_item,
    "key": staged_draft, "file": staged_file, "proposal": staged_form,
    "form": lambda: GENERAL, "window": staged_window, "claim": staged_claim, "publication": staged_publication,
    "attachment": staged_attachment, "reception": staged_reception, "version": lambda: 1, "year": lambda: 2014,
}  # fmt: skip
"""What stands in the places of an address, by the name of the place."""
