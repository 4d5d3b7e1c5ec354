"""How long somebody may act for another is set by the district, on a page, with what it rests on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.faces.staging import staged_person
from tests.kernel.identity.peopled import number, registered, somebody

from zhihai.kernel import records as store

HELPER, FIRM = "zhihai.helper", "zhihai.firm_proxy"
RULE = "区政务服务规定第七条"


def terms_set() -> int:
    return int(store.value("SELECT count(*) FROM tie_term"))


def said(answer: object) -> str:
    """Return what a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())  # type: ignore[attr-defined]


def test_it_says_what_holds_and_on_what_it_rests(district: str, reader: Callable[..., Client]) -> None:
    operator = reader("operator")
    before = said(operator.get("/desk/terms/"))
    for term in ("法定代表人", "不设期限", "1096 天", "366 天", "平台默认"):
        assert term in before
    answer = operator.post("/desk/terms/set", {"kind": HELPER, "days": "90", "source": RULE}, follow=True)
    after = said(answer)
    for term in ("已设定", "90 天", RULE, "平台默认 366 天"):
        assert term in after
    assert "90 days" in said(reader("operator", "en").get("/desk/terms/"))
    acts = store.rows(
        "SELECT act, data::json->>'kind', data::json->>'days' FROM journal_entry ORDER BY id DESC LIMIT 1"
    )
    assert acts == [("identity.set_tie_term", HELPER, "90")]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"kind": "zhihai.stranger"}, "没有这种代办关系"),
        ({"days": "0"}, "期限须为 1 至 36525 天"),
        ({"days": "36526"}, "期限须为 1 至 36525 天"),
        ({"days": "-3"}, "期限须为 1 至 36525 天"),
        ({"days": "无"}, "期限须为 1 至 36525 天"),
        ({"source": ""}, "请写明"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_written_stays(
    district: str, reader: Callable[..., Client], given: dict[str, str], why: str
) -> None:
    asked = {"kind": HELPER, "days": "90", "source": RULE, **given}
    answer = reader("operator").post("/desk/terms/set", asked)
    assert answer.status_code == 422
    assert why in said(answer)
    assert (RULE in answer.content.decode()) == (asked["source"] == RULE)
    assert terms_set() == 1, "that of the district's folder"


def test_a_shorter_term_holds_at_the_window_from_then_on(worked: str, reader: Callable[..., Client]) -> None:
    registered(somebody(61, "示帮办"))
    ties, window = f"/desk/people/{staged_person()}/ties", reader("window")
    given = {
        "rests": f"{HELPER}:spoken", "evidence": "窗口笔录第 7 号", "name": "示帮办", "number": number(61), "all": "1",
        "from": "2014-02-18", "until": "2014-06-30",
    }  # fmt: skip
    reader("operator").post("/desk/terms/set", {"kind": HELPER, "days": "30", "source": RULE})
    assert "期限最长 30 天" in said(window.post(f"{ties}/record", given))
    assert window.post(f"{ties}/record", {**given, "until": "2014-03-15"}).status_code == 302
    reader("operator").post("/desk/terms/set", {"kind": HELPER, "days": "10", "source": RULE})
    assert "至 2014-03-15 止" in said(window.get(ties)), "what there is keeps its term"


def test_who_does_not_set_up_the_district_sets_no_term(district: str, reader: Callable[..., Client]) -> None:
    for person in ("window", "administrator", "supervisor", "leader"):
        client = reader(person)
        assert client.get("/desk/terms/").status_code == 403
        given = {"kind": FIRM, "days": "90", "source": RULE}
        assert client.post("/desk/terms/set", given).status_code == 403
        assert "/desk/terms/" not in client.get("/desk/notices/").content.decode()
    assert terms_set() == 1, "that of the district's folder"
