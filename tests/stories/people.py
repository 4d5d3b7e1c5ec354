"""What stories about people share: whom they are about, and how somebody signs up or was confirmed before."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core import mail
from playwright.sync_api import Page, expect
from tests.faces.staging import ITEM, sign_up
from tests.kernel.identity.peopled import DAY, FIRM, MACHINE, number, registered, somebody
from tests.kernel.services.giving import QUESTION

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.kernel import records
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.account import Account
from zhihai.kernel.identity.acts import PersonInput, TieInput
from zhihai.kernel.journal import reads as clock

PASSWORD = "a pass phrase for the story"  # of accounts that live as long as the test
NAME, ADDRESS, HOME = "示春晓", "spring@example.org", "示例路 21 号院"

Enter = Callable[..., None]


def sign_up_as(page: Page, live: str, address: str) -> None:
    """Sign up by the pages, with the code that was sent."""
    page.goto(f"{live}/sign-up/")
    page.get_by_label("邮箱").fill(address)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="注册").click()
    found = re.search(r"验证码是 ([A-Z0-9-]+)", mail.outbox[-1].body)
    assert found is not None
    page.get_by_label("验证码").fill(found[1])
    page.get_by_role("button", name="验证").click()
    page.wait_for_url(re.compile("/my/"))


@dataclass
class Confirmed:
    """Somebody who was confirmed at a window."""

    actor: Actor
    name: str
    number: str

    def _acts_for(self, principal: int, kind: str, ground: str, days: int | None) -> None:
        now = clock.now()
        given = TieInput(
            kind=kind, principal=principal, name=self.name, number=self.number, valid_from=now, ground=ground,
            valid_to=None if days is None else now + timedelta(days=days), evidence="窗口笔录",
        )  # fmt: skip
        acts.record_tie(SYSTEM, given, at=now)

    def helps(self, elder: int) -> None:
        """Help somebody for thirty days, as a window recorded it."""
        self._acts_for(elder, "zhihai.helper", "spoken", 30)

    def represents(self, firm: str) -> None:
        """Represent a firm, which the base names this person for."""
        (id_,) = registered(
            PersonInput(
                sort="legal", number=FIRM, name=firm, facts={"representative": self.name}, source="legal_person_base",
                as_of=DAY, provenance="synthetic",
            )
        )  # fmt: skip
        self._acts_for(id_, "zhihai.representative", "licence", None)


def confirmed(address: str, name: str, n: int) -> Confirmed:
    """Let somebody have signed up before, and have been confirmed at a window."""
    found = reads.by_number(SYSTEM, "natural", number(n))
    person = found.id if found else registered(somebody(n, name))[0]
    actor = sign_up(f"s{n}")
    EmailAddress.objects.filter(user_id=actor.account).update(email=address)
    account = Account()
    account.set_password(PASSWORD)
    Account.objects.filter(pk=actor.account).update(password=account.password)
    records.execute("UPDATE account SET email = %s WHERE id = %s", (address, actor.account))
    acts.claim_person(actor, name, number(n), at=clock.now(), at_machine=MACHINE)
    acts.confirm_person(SYSTEM, person, actor.account, "居民身份证原件", at=clock.now(), reason="读卡器故障")
    return Confirmed(actor, name, number(n))


def look_and_confirm(enter: Enter, page: Page, live: str) -> None:
    """Let the window look at her data, and confirm her account."""
    enter("window")
    page.goto(f"{live}/desk/people/")
    page.get_by_label("查找内容").fill(NAME)
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name=NAME).click()
    there = page.url
    page.get_by_label("依据").first.select_option("application")
    page.get_by_label("案件号、申请号或法律条款").fill("SQ-2014-0099")
    page.get_by_role("button", name="查看并留痕").click()
    expect(page.get_by_text(HOME)).to_be_visible()
    page.goto(there)
    page.get_by_label("当面查验的证件").fill("居民身份证原件")
    page.get_by_label("为什么人工核验").fill("读卡器故障")
    page.get_by_role("button", name="当面核验通过").click()


def ask_about_item(page: Page, live: str, *, publish: bool | None = None) -> str:
    """Ask a question from the guide of an item, perhaps saying whether it may be published; return its number."""
    page.goto(f"{live}/hall/items/{ITEM}")
    page.get_by_role("link", name="咨询", exact=True).click()
    page.get_by_role("button", name="开始填写").click()
    page.get_by_label("用一句话概括").fill(QUESTION["subject"])
    page.get_by_label("具体问题").fill(QUESTION["question"])
    page.get_by_label("在本网站看").check()
    if publish is not None:
        page.get_by_role("group", name="把这个问题和答复公开吗").get_by_label("是" if publish else "否").check()
    page.get_by_role("button", name="检查并提交").click()
    page.get_by_role("button", name="提交申请").click()
    return page.url.rpartition("/")[2]
