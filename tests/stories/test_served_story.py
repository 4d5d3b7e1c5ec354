"""Nothing requires the web: at a window, by a worker who has it in writing, by a relative in care mode, by a call."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from tests.faces.staging import ITEM, RESIDENT, actor, later, staged_matter, step
from tests.kernel.forms.applying import WHOLE, a_png
from tests.kernel.hearing import heard
from tests.kernel.identity.peopled import DAY, FIRM, number, registered, somebody
from tests.kernel.services.giving import QUESTION
from tests.stories.people import ADDRESS, HOME, NAME, Confirmed, Enter, confirmed

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records
from zhihai.kernel.identity import acts
from zhihai.kernel.identity.acts import PersonInput, TieInput
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.services import reads as services
from zhihai.kernel.wall import PLATFORM, seeing

ELDER, ITEM_NAME = "示高龄", "取水许可（新办）"


@pytest.fixture(autouse=True)
def for_all(worked: str) -> None:
    records.execute("UPDATE service_item SET who = 'both' WHERE code = %s", (ITEM,))


def fill_in(page: Page, reach: str = "邮寄", capacity: str = "个人") -> None:
    """Answer what nobody knows yet."""
    page.get_by_label("申请什么").fill(str(WHOLE["purpose"]))
    page.get_by_label("事实和理由").fill(str(WHOLE["facts"]))
    page.get_by_label("希望得到的结果").fill(str(WHOLE["wish"]))
    page.get_by_label(capacity, exact=True).check()
    page.get_by_role("radio", name=reach, exact=True).check()
    page.get_by_label("我承诺所填内容").check()


def latest_of(name: str) -> tuple[str, str]:
    """Return number and way of the latest matter of somebody."""
    with seeing(PLATFORM):
        row = records.one(
            """SELECT a.number, a.way FROM application a JOIN person p ON p.id = a.person_id WHERE p.name = %s
               ORDER BY a.id DESC LIMIT 1""",
            (name,),
        )
    assert row is not None
    return row[0], row[1]


def test_somebody_old_applies_in_care_mode_with_a_relative(enter: Enter, page: Page, live: str) -> None:
    (elder,) = registered(somebody(70, ELDER, facts={"address": HOME}))
    confirmed(ADDRESS, NAME, 40).helps(elder)
    enter(ADDRESS)
    page.get_by_role("link", name="关怀模式").click()
    page.get_by_role("link", name="代办人与代理").click()
    page.get_by_role("button", name="以其名义办事").click()
    page.goto(f"{live}/hall/")
    page.get_by_role("searchbox").fill("取水")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("取水许可.*新办")).first.click()
    page.get_by_role("link", name="申请办理").click()
    expect(page.get_by_text(ELDER).first).to_be_visible()
    page.get_by_role("button", name="开始填写").click()
    expect(page.get_by_text(ELDER).first).to_be_visible()
    fill_in(page)
    expect(page.get_by_text(HOME)).to_be_visible()
    page.get_by_role("button", name="检查并提交").click()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("alert")).to_contain_text("已经提交")
    assert page.url.endswith(latest_of(ELDER)[0])
    expect(page.get_by_text(ELDER).first).to_be_visible()


def keep_the_paper(enter: Enter, page: Page, live: str, elder: int) -> None:
    """Let the window record the tie, and keep the paper for a worker of the community."""
    enter("window")
    page.goto(f"{live}/desk/people/{elder}/ties")
    page.get_by_label("帮办人：本人书面同意").check()
    page.get_by_label("凭据名称和编号").fill("代办委托书")
    page.get_by_label("代办人姓名").fill("示代办")
    page.get_by_label("代办人证件号码").fill(number(71))
    page.get_by_label("可代办全部事项").check()
    page.get_by_label("终止日期").fill((clock.now() + timedelta(days=60)).date().isoformat())
    page.get_by_role("button", name="登记", exact=True).click()
    page.get_by_role("link", name="委托书扫描件").click()
    page.get_by_label("委托书扫描件").set_input_files({"name": "书.png", "mimeType": "image/png", "buffer": a_png()})
    page.get_by_label("凭它代办的工作人员").fill("helper")
    page.get_by_role("button", name="存入").click()
    expect(page.get_by_role("alert")).to_contain_text("委托书已存入")


def test_somebody_without_telephone_applies_through_a_community_worker(enter: Enter, page: Page, live: str) -> None:
    elder, _ = registered(somebody(70, ELDER, facts={"address": HOME}), somebody(71, "示代办"))
    keep_the_paper(enter, page, live, elder)
    enter("helper")
    expect(page.get_by_role("heading", name="凭委托书代办")).to_be_visible()
    expect(page.get_by_label("证件上的号码")).to_have_count(0)
    page.get_by_role("button", name="开始代办").click()
    page.get_by_label("用来人的话查找事项").fill("取水")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="填表").first.click()
    expect(page.get_by_text(f"正在凭委托书代{ELDER}填写")).to_be_visible()
    fill_in(page)
    page.get_by_role("button", name="检查并提交").click()
    page.get_by_label("已逐项宣读").check()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("heading", name="收件回执")).to_be_visible()
    made, way = latest_of(ELDER)
    assert way == "helper"
    expect(page.get_by_text(made).first).to_be_visible()
    page.get_by_role("link", name="继续接待").click()
    page.get_by_role("button", name="结束接待").click()
    expect(page.get_by_text("现在没有接待中的人")).to_be_visible()
    step("window", made, "accepted")
    step("reviewer", made, "granted", note="准予")
    step("window", made, "served")
    heard()
    enter("window", "/desk/letters/")
    page.get_by_role("link", name="您的办件已办结").first.click()
    page.get_by_role("button", name="打开").click()
    letter = page.get_by_role("article")
    for said in (ELDER, HOME, made):
        expect(letter).to_contain_text(said)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("已登记")


FIRM_NAME, ITS_HEAD = "示例商贸有限公司", "示法人"


def a_firm(proxy_of: Confirmed) -> None:
    """A firm with somebody who represents it, and somebody whom it appointed for three days."""
    registered(somebody(72, ITS_HEAD))
    (firm,) = registered(
        PersonInput(
            sort="legal", number=FIRM, name=FIRM_NAME, facts={"representative": ITS_HEAD}, as_of=DAY,
            source="legal_person_base", provenance="synthetic",
        )
    )  # fmt: skip
    now, noted = clock.now(), {"principal": firm, "evidence": "窗口笔录"}
    head = TieInput(
        kind="zhihai.representative", name=ITS_HEAD, number=number(72), valid_from=now, valid_to=None, ground="licence",
        **noted,
    )  # fmt: skip
    proxy = TieInput(
        kind="zhihai.firm_proxy", name=proxy_of.name, number=proxy_of.number, valid_from=now, ground="appointment",
        valid_to=now + timedelta(days=3), **noted,
    )  # fmt: skip
    for given in (head, proxy):
        acts.record_tie(SYSTEM, given, at=now)


def supplement_at_window(page: Page) -> None:
    """Let the head of the firm come to the window, and give in what is missing with a signature."""
    page.get_by_label("单位（统一社会信用代码）").check()
    page.get_by_label("证件上的号码").fill(FIRM)
    page.get_by_role("button", name="查找", exact=True).click()
    expect(page.get_by_text(NAME)).to_have_count(0)
    page.get_by_label("查验的证件").fill("居民身份证原件、营业执照")
    page.get_by_role("button", name="开始接待").click()
    page.get_by_role("link", name=ITEM_NAME).click()
    page.get_by_role("button", name="补交材料").click()
    expect(page.get_by_label("事实和理由")).to_have_value(str(WHOLE["facts"]))
    page.get_by_role("button", name="检查并提交").click()
    page.get_by_label("签名页扫描件").set_input_files({"name": "签.png", "mimeType": "image/png", "buffer": a_png()})
    page.get_by_label("已在打印件上签名").check()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("补交的材料已经收到")


def test_the_mandate_of_a_firms_proxy_runs_out_while_the_matter_goes_on(enter: Enter, page: Page, live: str) -> None:
    a_firm(confirmed(ADDRESS, NAME, 40))
    enter(ADDRESS)
    page.get_by_role("link", name="代办人与代理").click()
    page.get_by_role("button", name="以其名义办事").click()
    page.goto(f"{live}/hall/items/{ITEM}/apply")
    page.get_by_role("button", name="开始填写").click()
    fill_in(page, "电话", "企业或其他组织")
    page.get_by_label("电话", exact=True).last.fill("13800000000")
    page.get_by_role("button", name="检查并提交").click()
    page.get_by_role("button", name="提交申请").click()
    made, there = latest_of(FIRM_NAME)[0], page.url
    step("window", made, "incomplete", note="请补交示意图")
    page.goto(there)
    expect(page.get_by_role("button", name="去补交")).to_be_visible()
    later(clock.now() + timedelta(days=4))
    page.goto(there)
    expect(page.get_by_role("button", name="去补交")).to_have_count(0)
    expect(page.get_by_role("main")).to_contain_text("2014-02-21")
    page.goto(f"{live}/my/matters/")
    expect(page.get_by_text(made)).to_have_count(0)
    enter("window", "/desk/serving/")
    supplement_at_window(page)


def test_a_prefilled_value_that_is_wrong_is_corrected_at_its_source(enter: Enter, page: Page, live: str) -> None:
    new, why = "湖畔路 12 号", "去年九月搬家，有租赁合同"
    enter("resident")
    page.goto(f"{live}/hall/items/{ITEM}/apply")
    page.get_by_role("button", name="开始填写").click()
    page.get_by_label("邮寄").check()
    page.get_by_role("button", name="保存草稿").click()
    there = page.url
    page.get_by_text("“通信地址”不对，提出更正").click()
    wrong = page.locator("#correct-address")
    wrong.get_by_label("应当是").fill(new)
    wrong.get_by_label("为什么不对").fill(why)
    wrong.get_by_role("button", name="提出更正").click()
    expect(page.get_by_role("alert")).to_contain_text("更正申请已转给窗口")

    enter("window")
    page.get_by_role("link", name="个人信息更正申请").first.click()
    asked = page.get_by_role("region", name="申请更正的内容")
    expect(asked).to_contain_text(why)
    asked.get_by_role("link").click()
    correcting = page.get_by_role("region", name="更正一项")
    correcting.get_by_label("项目").select_option("address")
    correcting.get_by_label("更正为").fill(new)
    correcting.get_by_role("button", name="更正", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("已更正")

    enter("resident", there.removeprefix(live))
    page.get_by_role("button", name="删除草稿").click()
    page.goto(f"{live}/hall/items/{ITEM}/apply")
    page.get_by_role("button", name="开始填写").click()
    page.get_by_label("邮寄").check()
    expect(page.get_by_text(new)).to_be_visible()


def test_an_operator_finds_a_matter_and_calls_back(enter: Enter, page: Page, live: str) -> None:
    made = staged_matter()
    code = services.own_application(actor("resident"), made, at=clock.now()).code
    enter("hotline", "/desk/hotline/")
    page.get_by_label("办件编号").fill(made)
    page.get_by_role("button", name="查询进度").click()
    told = page.get_by_role("region", name="可以告诉来电人")
    expect(told).to_contain_text("受理审查")
    expect(told).to_contain_text("来电人没有说出查询码")
    page.get_by_label("办件编号").fill(made)
    page.get_by_label("查询码").fill(code)
    page.get_by_role("button", name="查询进度").click()
    expect(page.get_by_text("受理期限").first).to_be_visible()
    expect(page.get_by_text(RESIDENT)).to_have_count(0)

    page.get_by_role("button", name="咨询", exact=True).click()
    page.get_by_label("用一句话概括").fill(QUESTION["subject"])
    page.get_by_label("具体问题").fill(QUESTION["question"])
    page.get_by_label("打电话告诉我").check()
    page.get_by_label("电话", exact=True).fill("13800000000")
    page.get_by_role("button", name="检查并提交").click()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("请把编号和查询码告诉来电人")
    asked = page.url.rpartition("/")[2]
    page.get_by_role("button", name="结束接待").click()
    step("window", asked, "answered", note="由街道更换")
    later(clock.now() + timedelta(minutes=1))

    page.goto(f"{live}/desk/hotline/")
    page.get_by_role("region", name="待回访").get_by_role("link").click()
    page.get_by_role("button", name="查看并留痕").click()
    page.get_by_role("link", name="第 1 次提交的申请表").click()
    expect(page.get_by_text("13800000000")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="满意", exact=True).click()
    expect(page.get_by_text("满意").first).to_be_visible()
