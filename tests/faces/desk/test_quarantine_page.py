"""The quarantine's page: a refusal names the reading and the reason, a decision says what was done, by whom, when."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from zhihai.kernel.identity import reads as identity
from zhihai.kernel.sensing import reads as sensing


def said(page: str) -> str:
    """Return what a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def shown(client: Client, state: str = "") -> str:
    return said(client.get(f"/desk/quarantine/?state={state}").content.decode())


def waiting(reason: str) -> int:
    return next(one.id for one in sensing.quarantined() if one.reason == reason)


def decide(client: Client, what: str, *ids: int) -> str:
    given = {"reading": list(ids), "what": what, "note": "checked with the station"}
    return said(client.post(reverse("desk-quarantine-decide"), given, follow=True).content.decode())


@pytest.mark.parametrize(
    ("language", "says"),
    [("zh", "没有登记编号为“nowhere”的设备"), ("en", "No device “nowhere” is registered")],
)
def test_a_release_refused_names_the_reading_and_the_reason_in_words(
    worked: str, reader: Callable[..., Client], language: str, says: str
) -> None:
    id_ = waiting("unknown_device")
    (sent,) = [one.reading for one in sensing.quarantined() if one.id == id_]
    answer = reader("operator", language).post(
        reverse("desk-quarantine-decide"), {"reading": [id_], "what": "release", "note": "x"}
    )
    assert answer.status_code == 422
    notice = re.search(r'role="alert">(.*?)</div>', answer.content.decode(), re.DOTALL)
    assert notice is not None
    assert all(part in notice[1] for part in (says, sent["device"], sent["quantity"], sent["at"]))
    assert "unknown_device" not in notice[1]


def test_a_decision_says_once_how_many_were_released_or_discarded(worked: str, reader: Callable[..., Client]) -> None:
    operator = reader("operator", "en")
    assert "1 reading was released." in decide(operator, "release", waiting("out_of_range"))
    assert "was released" not in shown(operator)
    assert "1 reading was discarded." in decide(operator, "discard", waiting("unknown_device"))


def test_what_was_released_is_not_said_to_be_in_no_figure_and_names_who_decided(
    worked: str, reader: Callable[..., Client]
) -> None:
    operator = reader("operator", "en")
    id_ = waiting("out_of_range")
    decide(operator, "release", id_)
    released = shown(operator, "released")
    (row,) = [one for one in sensing.quarantined(state="released") if one.id == id_]
    assert row.decided_by is not None
    assert "figures may count them" in released
    assert "no figure counts them" not in released
    assert identity.account_names([row.decided_by])[row.decided_by].en in released
    assert "no figure counts them" in shown(operator, "discarded")
