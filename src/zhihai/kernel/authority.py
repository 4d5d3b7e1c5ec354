"""Which power each act of each room asks for, and over what: the whole table of who may do what (职权表)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from zhihai.ground.powers import (
    DIRECT_CASES,
    GRANT_ROLES,
    OPEN_CASES,
    RELEASE_READINGS,
    RUN_CLOCK,
    RUN_OPERATION,
    SEE_PEOPLE,
    SEND_READINGS,
    SET_CASES,
    SET_CLIENTS,
    SET_DATA,
    SET_DEVICES,
    SET_DISTRICT,
    SET_PEOPLE,
    SET_RULES,
    WORK_CASES,
)

Over = Literal["district", "place", "area", "organisation", "anywhere", "own", "caller", "platform"]
OVER: Mapping[Over, str] = {
    "district": "the whole of both trees",
    "place": "the organisation and the area of what the act touches",
    "area": "the area of what it touches, which is no organisation's",
    "organisation": "the organisation of what it touches, which lies nowhere in particular",
    "anywhere": "somewhere: what it makes has no place",
    "own": "what is the actor's own, and nobody else's",
    "caller": "a part of other acts, which have asked",
    "platform": "the platform's own work, done for nobody: it has no actor",
}
"""Over what a power is asked for, in words for developers."""


@dataclass(frozen=True, slots=True)
class Authority:
    """What an act asks of its actor (职权): ``act`` is ``<room>.<function>``; the system may do all of them."""

    act: str
    over: Over
    power: str | None = None


AUTHORITY: tuple[Authority, ...] = (
    Authority("journal.found_district", "district", RUN_CLOCK),
    Authority("journal.set_clock", "district", RUN_CLOCK),
    Authority("journal.take_over", "district", RUN_CLOCK),
    Authority("journal.record", "caller"),
    Authority("journal.emit", "caller"),
    Authority("journal.advance", "platform"),
    Authority("journal.anchor", "platform"),
    Authority("journal.begin_era", "platform"),
    Authority("journal.change_key", "platform"),
    Authority("journal.give_parked", "district", RUN_OPERATION),
    Authority("journal.hear", "platform"),
    Authority("journal.mark_copy", "platform"),
    Authority("journal.prune", "platform"),
    Authority("journal.replaying", "platform"),
    Authority("journal.seal", "platform"),
    Authority("places.load_areas", "district", SET_DISTRICT),
    Authority("places.load_cells", "district", SET_DISTRICT),
    Authority("places.load_facilities", "district", SET_DISTRICT),
    Authority("places.load_base_shapes", "district", SET_DISTRICT),
    Authority("places.unite_areas", "district", SET_DISTRICT),
    Authority("identity.load_organisations", "district", SET_DISTRICT),
    Authority("identity.succeed", "district", SET_DISTRICT),
    Authority("identity.create_account", "anywhere", GRANT_ROLES),
    Authority("identity.set_password", "own"),
    Authority("identity.grant_role", "place", GRANT_ROLES),
    Authority("identity.revoke_role", "place", GRANT_ROLES),
    Authority("identity.issue_token", "own"),
    Authority("identity.revoke_token", "own"),
    Authority("identity.register_people", "area", SET_PEOPLE),
    Authority("identity.correct_person", "area", SET_PEOPLE),
    Authority("identity.look", "area", SEE_PEOPLE),
    Authority("identity.confirm_person", "area", SET_PEOPLE),
    Authority("identity.claim_person", "own"),
    Authority("identity.enrol_second_factor", "own"),
    Authority("identity.drop_second_factor", "own"),
    Authority("identity.sign_up", "platform"),
    Authority("identity.prove_contact", "platform"),
    Authority("identity.reseal", "platform"),
    Authority("identity.register_client", "district", SET_CLIENTS),
    Authority("identity.renew_client_secret", "district", SET_CLIENTS),
    Authority("identity.switch_client", "district", SET_CLIENTS),
    Authority("identity.roll_signing_key", "district", SET_CLIENTS),
    Authority("identity.keep_signing_keys", "platform"),
    Authority("identity.give_consent", "own"),
    Authority("identity.withdraw_consent", "own"),
    Authority("identity.subject_of", "platform"),
    Authority("identity.keep_code", "platform"),
    Authority("identity.redeem_code", "platform"),
    Authority("identity.redeem_refresh", "platform"),
    Authority("identity.taking_turns", "platform"),
    Authority("identity.keep_tokens", "platform"),
    Authority("identity.end_token", "platform"),
    Authority("identity.sweep_tokens", "platform"),
    Authority("channels.tell", "caller"),
    Authority("channels.read_notice", "own"),
    Authority("channels.deliver", "platform"),
    Authority("catalogue.declare", "district", SET_DATA),
    Authority("catalogue.describe", "district", SET_DATA),
    Authority("catalogue.put_records", "organisation", SET_DATA),
    Authority("exchange.connect", "district", SET_DEVICES),
    Authority("exchange.receive", "own", SEND_READINGS),
    Authority("exchange.turn_away", "platform"),
    Authority("exchange.forget_raw", "platform"),
    Authority("sensing.register_device", "place", SET_DEVICES),
    Authority("sensing.align", "district", SET_DEVICES),
    Authority("sensing.declare_resources", "district", SET_DATA),
    Authority("sensing.take_in", "own", SEND_READINGS),
    Authority("sensing.take_one", "own", SEND_READINGS),
    Authority("sensing.record", "caller", SEND_READINGS),
    Authority("sensing.release", "place", RELEASE_READINGS),
    Authority("sensing.discard", "place", RELEASE_READINGS),
    Authority("sensing.derive", "platform"),
    Authority("cases.open_case", "place", OPEN_CASES),
    Authority("cases.bring_in", "place", SET_CASES),
    Authority("cases.take_step", "place", WORK_CASES),
    Authority("cases.pause", "place", DIRECT_CASES),
    Authority("cases.resume", "place", DIRECT_CASES),
    Authority("cases.extend", "place", DIRECT_CASES),
    Authority("cases.hand_over", "place", DIRECT_CASES),
    Authority("cases.set_duty", "place", SET_CASES),
    Authority("cases.set_limit", "district", SET_CASES),
    Authority("cases.load_calendar", "district", SET_CASES),
    Authority("cases.reckon", "platform"),
    Authority("cases.recount", "platform"),
    Authority("cases.tick", "platform"),
    Authority("cases.notify", "platform"),
    Authority("rules.set_rule", "district", SET_RULES),
    Authority("rules.judge", "platform"),
    Authority("rules.judge_hour", "platform"),
    Authority("indicators.load_targets", "district", SET_DISTRICT),
    Authority("indicators.mark", "platform"),
    Authority("indicators.compute", "platform"),
)
