"""An identity card is read at a counter: by a machine on the counter's own computer, asked by the page."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from tests.kernel.acting import DISTRICT, office
from tests.kernel.identity.peopled import MACHINE, number
from tests.kernel.trust.cards_read import KEY
from tests.stories.people import NAME, Enter

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.kernel import records
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identity_reads
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.trust import acts
from zhihai.kernel.wall import PLATFORM, seeing
from zhihai.site.card_machine import CardMachine, SimulatedCard, card_of, public_pem, with_fault
from zhihai.site.invented import Invented
from zhihai.site.wording import site_words

CARD = card_of(Invented(NAME, number(40), "male", date(1970, 1, 1), "只写在卡上的地址 9 号"))
COUNTER = "综合 3 号窗口"


@pytest.fixture
def machine(live: str) -> Iterator[CardMachine]:
    """The software reader of a counter, which signs."""
    words = site_words()
    made = CardMachine(0, {live}, [CARD], lambda key: words.say(f"command.reader.{key}", "zh"), KEY)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def at_counter(worked: str, machine: CardMachine, enter: Enter, page: Page) -> Page:
    """The page that reads cards, at a counter with a machine that is set up with its key."""
    given = acts.CardReaderInput(
        organisation=office(DISTRICT), name=COUNTER, address=machine.address, key=public_pem(KEY)
    )  # fmt: skip
    acts.set_card_reader(SYSTEM, given, at=clock.now())
    enter("window", "/desk/serving/")
    page.get_by_role("link", name="读身份证").click()
    return page


def lay(machine: CardMachine, card: SimulatedCard | None, page: Page) -> None:
    machine.card = card
    page.get_by_role("button", name="读卡", exact=True).click()


def test_a_card_is_read_compared_and_received(at_counter: Page, machine: CardMachine) -> None:
    page = at_counter
    lay(machine, None, page)
    expect(page.get_by_role("alert")).to_contain_text("机具上没有卡")
    lay(machine, CARD, page)
    expect(page.get_by_text("模拟卡：没有这张身份证")).to_be_visible()
    expect(page.get_by_alt_text("身份证上的照片")).to_be_visible()
    expect(page.get_by_text("只写在卡上的地址 9 号")).to_be_visible()
    expect(page.get_by_text(number(40))).to_have_count(0)
    page.get_by_role("button", name="是本人，继续").click()
    expect(page.get_by_text("身份证已读取")).to_be_visible()
    expect(page.get_by_text("机具读取并签名")).to_be_visible()
    assert number(40) not in page.url
    expect(page.get_by_label("查验的证件")).to_have_count(0)
    page.get_by_role("button", name="开始接待").click()
    expect(page.get_by_text(f"居民身份证（由{COUNTER}读取并签名）")).to_be_visible()
    with seeing(PLATFORM):
        kept = records.value("SELECT count(*) FROM reception WHERE reading_id IS NOT NULL AND typed_why IS NULL")
    assert kept == 1


def test_what_can_not_be_used_says_why_and_typing_goes_on(at_counter: Page, machine: CardMachine) -> None:
    page, go_on = at_counter, "是本人，继续"
    for fault, said in (("over", "已经过期"), ("digit", "校验码不符")):
        lay(machine, with_fault(CARD, fault), page)
        page.get_by_role("button", name=go_on).click()
        expect(page.get_by_role("alert").first).to_contain_text(said)
    machine.key = None
    lay(machine, CARD, page)
    page.get_by_role("button", name=go_on).click()
    expect(page.get_by_role("alert").first).to_contain_text("机具的签名不对")
    machine.key = KEY
    lay(machine, with_fault(CARD, "name"), page)
    page.get_by_role("button", name=go_on).click()
    expect(page.get_by_text("卡上的姓名与登记的不同")).to_be_visible()
    page.get_by_label("查验的证件").fill("居民身份证原件、户口簿")
    expect(page.get_by_label("为什么没有读卡")).to_have_value("name")
    page.get_by_role("button", name="开始接待").click()
    expect(page.get_by_text("人工输入")).to_be_visible()


def test_a_machine_that_is_gone_is_told_and_the_number_is_typed(at_counter: Page, machine: CardMachine) -> None:
    page = at_counter
    records.execute("UPDATE card_reader SET address = 'http://127.0.0.1:1'")
    page.reload()
    lay(machine, CARD, page)
    expect(page.get_by_role("alert")).to_contain_text("机具没有回答")
    page.get_by_role("link", name="输入号码").click()
    page.get_by_label("证件上的号码").fill(number(40))
    page.get_by_role("button", name="查找", exact=True).click()
    page.get_by_label("查验的证件").fill("居民身份证原件")
    page.get_by_label("为什么没有读卡").select_option("away")
    page.get_by_role("button", name="开始接待").click()
    expect(page.get_by_text("机具用不了")).to_be_visible()


def test_a_card_confirms_the_account_of_who_stands_there(at_counter: Page, machine: CardMachine, live: str) -> None:
    page, now = at_counter, clock.now()
    made = identity.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=now)
    own = Actor(account=made, name=NAME, sort="resident")
    identity.claim_person(own, NAME, number(40), at=now, at_machine=MACHINE)
    page.goto(f"{live}/desk/people/")
    page.get_by_role("link", name="读身份证").click()
    lay(machine, CARD, page)
    page.get_by_role("button", name="是本人，继续").click()
    accounts = page.get_by_role("region", name="网上账号")
    expect(accounts).to_contain_text("刚读过本人的身份证")
    accounts.get_by_role("button").click()
    expect(page.get_by_role("alert").first).to_contain_text("已当面核验")
    with seeing(PLATFORM):
        kept = records.one("SELECT level, document FROM account_person WHERE account_id = %s", (made,))
    assert kept == (3, f"居民身份证（由{COUNTER}读取并签名）")


def test_whoever_is_not_known_is_registered_by_their_card_without_typing(
    at_counter: Page, machine: CardMachine, live: str
) -> None:
    page, stranger = at_counter, card_of(Invented("示新来", number(41), "male", date(1970, 1, 1), "示例路 41 号"))
    page.goto(f"{live}/desk/people/")
    page.get_by_role("link", name="读身份证").click()
    lay(machine, stranger, page)
    page.get_by_role("button", name="是本人，继续").click()
    expect(page.get_by_text("这张身份证的号码没有查到登记")).to_be_visible()
    expect(page.get_by_label("姓名")).to_have_value("示新来")
    expect(page.get_by_label("证件号码")).to_have_value(number(41))
    page.get_by_label("所在街镇").select_option(label="东岸示例街道")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("已当面登记。")).to_be_visible()
    assert number(41) not in page.url
    found = identity_reads.by_number(SYSTEM, "natural", number(41))
    assert found is not None
    assert found.provenance == "synthetic"


def test_only_the_page_that_reads_may_speak_to_the_machine(at_counter: Page, machine: CardMachine, live: str) -> None:
    def connects(path: str) -> str:
        policy = at_counter.request.get(f"{live}{path}").headers["content-security-policy"]
        found = re.search("connect-src ([^;]*)", policy)
        assert found is not None
        return found[1]

    assert connects("/desk/card/") == f"'self' {machine.address}"
    assert connects("/desk/serving/") == connects("/") == "'self'"


def test_the_software_reader_lays_cards_by_its_own_page_and_answers_no_other(page: Page, machine: CardMachine) -> None:
    page.goto(machine.address)
    expect(page.get_by_text("机具上没有卡")).to_be_visible()
    page.get_by_label("放哪张卡").select_option("0")
    page.get_by_label("卡有什么问题").select_option("over")
    page.get_by_role("button", name="放上").click()
    expect(page.get_by_text(f"{NAME} · 已过期")).to_be_visible()
    there = f"{machine.address}/card"
    assert page.request.post(there, data={"nonce": "n"}).status == 403
    assert page.request.post(there, data={"nonce": "n"}, headers={"Origin": "https://evil.example"}).status == 403
    assert page.request.post(f"{machine.address}/lay", form={"card": ""}).status == 403
