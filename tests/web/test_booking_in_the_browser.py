"""A person reserves, uses and pays, all in the browser."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import NARROW, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.committed, pytest.mark.xdist_group("web")]

TENSILE = "电子万能材料试验机"
HPLC = "高效液相色谱仪"
CHAMBER = "高低温湿热试验箱"


def open_instrument(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_a_visitor_finds_an_instrument_without_signing_in(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_role("searchbox").fill("拉伸")
    expect(page).to_have_url(re.compile("q="))
    expect(page.locator("[data-instrument]")).to_have_count(1)
    expect(page.locator("[data-instrument]")).to_contain_text("¥")
    open_instrument(page, TENSILE)
    expect(page.locator(".slot").first).to_be_visible()
    expect(page.get_by_role("button", name="登录后预约")).to_be_disabled()


def test_a_search_that_finds_nothing_says_so_and_can_be_cleared(open_page: OpenPage) -> None:
    page = open_page("/?q=没有这样的仪器")
    expect(page.get_by_text("没有符合条件的仪器")).to_be_visible()
    page.get_by_role("button", name="清除筛选").click()
    expect(page.locator("[data-instrument]").first).to_be_visible()


@pytest.mark.timeout(240)  # an instrument warms up, runs and cools down in it
def test_from_the_catalogue_to_a_charge_that_opens_to_its_evidence(open_page: OpenPage) -> None:
    page = open_page("/?q=液相")
    open_instrument(page, HPLC)
    page.locator(".slot").first.click()
    expect(page.locator("[data-estimate]")).to_contain_text("¥")

    # The price was known before; signing in comes at the last moment, and the slot is kept.
    page.get_by_role("button", name="登录后预约").click()
    page.locator("[data-demo=alice]").click()
    expect(page.locator("[data-reserved]")).to_contain_text("预约成功")
    page.get_by_role("button", name="查看我的预约").click()

    card = page.locator("[data-reservation]").filter(has_text=HPLC).first
    expect(card).to_have_attribute("data-state", "reserved")
    reservation = card.get_attribute("data-reservation")
    card = page.locator(f"[data-reservation='{reservation}']")
    card.get_by_role("button", name="签到并解锁").click()
    # The run begins at the simulated instrument once its relay has really opened.
    expect(card).to_have_attribute("data-state", "in_use", timeout=60_000)
    expect(card.locator("[data-interlock]")).to_have_attribute("data-interlock", "unlocked")

    card.get_by_role("button", name="结束使用").click()
    page.locator(".ant-popconfirm-buttons").get_by_role("button", name="结束使用").click()
    expect(card).to_have_count(0)
    page.get_by_text("已结束", exact=True).first.click()
    expect(card).to_have_attribute("data-state", "billed", timeout=90_000)
    expect(card.locator("[data-usage]")).to_contain_text("有效机时")
    amount = card.locator("[data-charge]").inner_text()

    card.get_by_role("link", name="查看费用明细").click()
    expect(page.locator("[data-amount]")).to_have_text(amount)
    evidence = page.get_by_role("region", name="计量依据")
    expect(evidence).to_contain_text("hplc-01")
    expect(evidence).to_contain_text("结束")


def test_a_slot_that_somebody_else_takes_meanwhile_is_answered_with_others(
    open_page: OpenPage,
) -> None:
    page = open_page(f"/?q={CHAMBER}", login="alice")
    open_instrument(page, CHAMBER)
    page.locator(".slot").nth(2).click()
    expect(page.locator("[data-estimate]")).to_be_visible()
    reserve = page.locator("[data-reserve]")
    expect(reserve).to_be_enabled()

    other = open_page("/", login="alice")  # another browser, the same moment
    chosen = dict(re.findall(r"(from|to)=([^&]+)", page.url.replace("%3A", ":")))
    taken = other.request.post(
        "/api/v1/reservations",
        data={
            "instrument_id": page.url.split("/instruments/")[1].split("?")[0],
            "starts_at": chosen["from"],
            "ends_at": chosen["to"],
        },
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert taken.status == 201, taken.text()

    # Sent as an event: a window behind another need not be drawn, which a click would wait for.
    reserve.dispatch_event("click")
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.locator("[data-alternatives] .slot").first).to_be_visible()
    expect(reserve).to_be_disabled()
    page.locator("[data-alternatives] .slot").first.click()
    expect(reserve).to_be_enabled()


def test_all_that_speaks_against_a_slot_is_said_at_once(open_page: OpenPage) -> None:
    page = open_page(f"/?q={CHAMBER}", login="alice")
    open_instrument(page, CHAMBER)
    address = page.url.split("?")[0]
    page.goto(f"{address}?from=2020-01-01T01:07:00Z&to=2020-01-01T01:08:00Z")
    problems = page.locator("[data-problems] li")
    expect(problems.first).to_be_visible()
    assert problems.count() >= 2
    expect(page.locator("[data-reserve]")).to_be_disabled()


def test_a_slot_is_chosen_and_reserved_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page(f"/?q={CHAMBER}", login="alice", size=NARROW)
    page.get_by_role("link", name=CHAMBER).focus()
    page.keyboard.press("Enter")
    slots = page.locator(".slot")
    expect(slots.first).to_be_visible()
    slots.last.focus()
    page.keyboard.press("Enter")
    expect(slots.last).to_have_attribute("aria-pressed", "true")
    reserve = page.locator("[data-reserve]")
    expect(reserve).to_be_enabled()
    reserve.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-reserved]")).to_be_visible()


def test_a_reservation_is_cancelled_after_being_asked(open_page: OpenPage) -> None:
    page = open_page(f"/?q={CHAMBER}", login="alice")
    open_instrument(page, CHAMBER)
    page.locator(".slot").last.click()
    page.locator("[data-reserve]").click()
    reservation = page.locator("[data-reserved]").get_attribute("data-reserved")
    page.get_by_role("button", name="查看我的预约").click()
    card = page.locator(f"[data-reservation='{reservation}']")
    card.get_by_role("button", name="取消预约").click()
    page.locator(".ant-popconfirm-buttons").get_by_role("button", name="取消预约").click()
    expect(card).to_have_count(0)
    page.get_by_text("已结束", exact=True).first.click()
    expect(card).to_have_attribute("data-state", "cancelled")


def test_the_language_switch_stays(open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator("[data-switch-language]").click()
    expect(page.get_by_role("heading", name="Find an instrument")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.get_by_role("heading", name="Find an instrument")).to_be_visible()
    page.locator("[data-switch-language]").click()
    expect(page.get_by_role("heading", name="找一台仪器")).to_be_visible()


def test_a_wrong_password_is_told_and_the_form_stays(open_page: OpenPage) -> None:
    page = open_page("/sign-in?to=/my")
    page.get_by_role("textbox", name="账号").fill("alice")
    page.get_by_label("密码", exact=True).fill("not-it")
    page.get_by_role("main").get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("不正确")
    page.get_by_label("密码", exact=True).fill("yixiang-demo")
    page.get_by_role("main").get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="我的预约")).to_be_visible()
