"""An elderly resident without account or telephone, registered at a window, helped, and the help taken back there."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.faces.staging import HOUR, later
from tests.kernel.identity.peopled import number, registered, somebody
from tests.stories.people import ADDRESS, NAME, Enter, confirmed

from zhihai.kernel.journal import reads as clock

ELDER, ELDERS_HOME = "示高龄", "示例路 3 号院 2 号楼"


def register_and_record(enter: Enter, page: Page, live: str, until: str) -> str:
    """Let the window register her, and record who helps her; the address of the page that shows it."""
    enter("window")
    page.goto(f"{live}/desk/people/")
    page.get_by_role("link", name="登记当面来办的人").click()
    page.get_by_label("当面查验的证件").fill("居民身份证原件")
    page.get_by_label("姓名").fill(ELDER)
    page.get_by_label("证件号码").fill(number(70))
    page.get_by_label("所在街镇").select_option(label="东岸示例街道")
    page.get_by_label("地址").fill(ELDERS_HOME)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("已当面登记。")).to_be_visible()
    page.get_by_role("link", name="代办关系").click()
    page.get_by_label("帮办人：本人口头同意，窗口记录").check()
    page.get_by_label("凭据名称和编号").fill("窗口笔录第 7 号")
    page.get_by_label("代办人姓名").fill(NAME)
    page.get_by_label("代办人证件号码").fill(number(40))
    page.get_by_label("可代办全部事项").check()
    page.get_by_label("终止日期").fill(until)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text(f"由“{NAME}”代办")).to_be_visible()
    return page.url


def test_somebody_without_a_telephone_is_helped_until_she_takes_it_back(enter: Enter, page: Page, live: str) -> None:
    confirmed(ADDRESS, NAME, 40)
    until = (clock.now() + 24 * 30 * HOUR).date().isoformat()

    ties = register_and_record(enter, page, live, until)

    enter(ADDRESS)
    page.get_by_role("link", name="代办人与代理").click()
    page.get_by_role("button", name="以其名义办事").click()
    strip = page.get_by_text(f"您正在为“{ELDER}”办事")
    expect(strip).to_be_visible()
    page.get_by_role("button", name="查看并留痕").click()
    expect(page.get_by_text(ELDERS_HOME)).to_be_visible()
    page.goto(f"{live}/figures/")
    expect(strip).to_be_visible()

    enter("window")
    page.goto(ties)
    page.get_by_text("终止", exact=True).first.click()
    page.get_by_label("原因").fill("本人到窗口收回")
    page.get_by_role("button", name="终止").click()
    expect(page.get_by_text("已终止，立即生效。")).to_be_visible()

    enter(ADDRESS)
    page.get_by_role("link", name="代办人与代理").click()
    expect(page.get_by_text("本人到窗口收回")).to_be_visible()
    expect(page.get_by_role("button", name="以其名义办事")).to_have_count(0)


def test_a_tab_left_open_acts_no_more_once_it_was_taken_back(enter: Enter, page: Page, live: str) -> None:
    """What one tab ended, another refuses with its day."""
    (elder,) = registered(somebody(70, ELDER, facts={"address": ELDERS_HOME}))
    helper = confirmed(ADDRESS, NAME, 40)
    helper.helps(elder)
    enter(ADDRESS)
    page.goto(f"{live}/my/acting/")
    page.get_by_role("button", name="以其名义办事").click()
    other = page.context.new_page()
    other.goto(f"{live}/my/acting/")
    other.get_by_text("不再代办", exact=True).first.click()
    other.get_by_label("原因").fill("搬走了")
    other.get_by_role("button", name="不再代办").click()
    expect(other.get_by_text("已终止，立即生效。")).to_be_visible()
    page.get_by_role("button", name="查看并留痕").click()
    day = clock.now().astimezone(clock.clock().zone).date()
    expect(page.get_by_role("alert")).to_contain_text(f"已于 {day} 终止")
    assert ELDERS_HOME not in page.content()


def test_a_proxy_of_a_firm_acts_to_the_last_day_of_the_mandate(enter: Enter, page: Page, live: str) -> None:
    """The district's clock stands still, and is moved."""
    proxy, head = confirmed(ADDRESS, NAME, 40), confirmed("head@example.org", "示法人", 71)
    head.represents("示例商贸有限公司")
    zone = clock.clock().zone
    last = (clock.now() + 24 * HOUR).astimezone(zone).date()

    enter("head@example.org")
    page.get_by_role("link", name="代办人与代理").click()
    page.get_by_label("为谁、作为什么").select_option(label="为“示例商贸有限公司”：单位经办人")
    page.get_by_label("代办人姓名").fill(NAME)
    page.get_by_label("代办人证件号码").fill(proxy.number)
    page.get_by_label("查看个人（单位）信息").check()
    page.get_by_label("终止日期").fill(last.isoformat())
    page.get_by_role("button", name="委托", exact=True).click()
    expect(page.get_by_text("已委托")).to_be_visible()

    enter(ADDRESS)
    page.get_by_role("link", name="代办人与代理").click()
    page.get_by_role("button", name="接受委托").click()
    page.get_by_role("button", name="以其名义办事").click()
    page.get_by_role("button", name="查看并留痕").click()
    expect(page.get_by_role("region", name="已知信息及来源")).to_contain_text("示例商贸有限公司")
    page.goto(f"{live}/my/")
    later(clock.now() + 48 * HOUR)
    page.get_by_role("button", name="查看并留痕").click()
    expect(page.get_by_role("alert")).to_contain_text(f"已于 {last} 到期")

    enter("head@example.org")
    page.get_by_role("link", name="代办人与代理").click()
    page.get_by_text("续期", exact=True).first.click()
    page.get_by_label("终止日期").first.fill((clock.now() + 24 * 30 * HOUR).date().isoformat())
    page.get_by_role("button", name="续期").click()
    expect(page.get_by_text("已续期。")).to_be_visible()
    enter(ADDRESS)
    page.get_by_role("link", name="代办人与代理").click()
    expect(page.get_by_role("button", name="以其名义办事")).to_be_visible()
