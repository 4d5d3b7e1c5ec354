"""Powers: what an actor may be allowed to do (权限). Roles give them, acts ask for them, tokens may narrow them."""

from __future__ import annotations

SEE_CASES = "case.see"
WORK_CASES = "case.work"
DIRECT_CASES = "case.direct"  # pause, resume, extend, hand to another organisation
OPEN_CASES = "case.open"
SET_CASES = "case.set"  # duties, limits, the working calendar
SEE_DEVICES = "device.see"
SET_DEVICES = "device.set"  # devices, and the lines by which accounts send
SEND_READINGS = "reading.send"
SEE_QUARANTINE = "quarantine.see"
RELEASE_READINGS = "quarantine.release"
TRY_RULES = "rule.try"
SET_RULES = "rule.set"
SET_DATA = "data.set"  # descriptions of datasets, and their rows
SET_FORMS = "form.set"  # upload forms, and publish what another uploaded
SET_DISTRICT = "district.set"  # areas, cells, facilities, the base map, organisations, targets
SEE_OPERATION = "operation.see"
RUN_OPERATION = "operation.run"  # give parked events back to those who failed at them
RUN_CLOCK = "clock.run"
GRANT_ROLES = "role.grant"
CONFIRM_ROLES = "role.confirm"  # confirm or refuse a grant that another proposed
REVIEW_ROLES = "role.review"  # keep or end what others hold, each with a reason
VERIFY_JOURNAL = "journal.verify"
SEE_PEOPLE = "person.see"  # search people, and look at what is known of one
SEE_NUMBERS = "person.number"  # look at an identity number in full
SEE_LOOKS = "person.looks"  # who looked at whom
SET_PEOPLE = "person.set"  # register and correct people, confirm one who stands at the window
SET_CLIENTS = "client.set"  # systems that sign people in through the platform, and the keys it signs with
SET_CERTIFICATES = "certificate.set"  # the certificate authority: what issues, certificates of seals, their revocation
USE_SEALS = "seal.use"  # seal documents with the seal of an organisation
SET_SERVICES = "service.set"  # service items, their guides, and the words they are found by
TELL_PEOPLE = "person.tell"  # post letters, call and visit people who are to be told something
TAKE_MATTERS = "matter.take"  # write for whoever comes to a window, or agreed in writing to be helped
ANSWER_CALLS = "call.answer"  # the hotline: say how far a matter is, take consultations and complaints down
PUBLISH_SERVICES = "service.publish"  # put items with their guides into the hall, and take them out
SET_WINDOWS = "window.set"  # windows, when they are open, and how many they serve at once
RUN_WINDOWS = "window.run"  # who is booked today, calling tickets, booking for who comes in person
TAKE_TICKETS = "ticket.take"  # take a ticket, check somebody in by the code of an appointment
WRITE_DISCLOSURE = "disclosure.write"  # write publications of an organisation, and new versions of them
RECORD_DISPUTES = "disclosure.dispute"  # record reviews and law suits about requests, correct and take them back
PUBLISH_DISCLOSURE = "disclosure.publish"  # review for secrecy, publish and withdraw what another wrote

POWERS = frozenset(
    {
        SEE_CASES, WORK_CASES, DIRECT_CASES, OPEN_CASES, SET_CASES, SEE_DEVICES, SET_DEVICES, SEND_READINGS,
        SEE_QUARANTINE, RELEASE_READINGS, TRY_RULES, SET_RULES, SET_DATA, SET_DISTRICT, SEE_OPERATION, RUN_OPERATION,
        RUN_CLOCK, GRANT_ROLES, CONFIRM_ROLES, REVIEW_ROLES, VERIFY_JOURNAL, SEE_PEOPLE, SEE_NUMBERS, SEE_LOOKS,
        SET_PEOPLE, SET_CLIENTS, SET_CERTIFICATES, USE_SEALS, SET_SERVICES, PUBLISH_SERVICES,
        SET_FORMS, SET_WINDOWS, RUN_WINDOWS, TAKE_TICKETS, TELL_PEOPLE, WRITE_DISCLOSURE, PUBLISH_DISCLOSURE,
        TAKE_MATTERS, ANSWER_CALLS, RECORD_DISPUTES,
    }
)  # fmt: skip

GUARDED = frozenset(
    {
        GRANT_ROLES, CONFIRM_ROLES, SEE_PEOPLE, SEE_NUMBERS, SEE_LOOKS, SET_PEOPLE, SET_CLIENTS, VERIFY_JOURNAL,
        RUN_CLOCK, SET_DISTRICT, SET_CERTIFICATES, USE_SEALS, TELL_PEOPLE, TAKE_MATTERS,
    }
)  # fmt: skip
"""Powers over people, grants, seals, the journal and the district itself: a role with one is given by two (双人)."""

DELEGABLE = frozenset({SEE_CASES, WORK_CASES, DIRECT_CASES, OPEN_CASES, SEE_DEVICES, REVIEW_ROLES})
"""Powers that may be handed to a deputy (代行): each act by one of them says in whose place it was done."""
