"""Ways to reserve, in the browser: asked, held, drafted, in series, several at once."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPage
from tests.web.leases import (
    ask_first,
    choose,
    coming_quarter,
    expect_state,
    find_instrument,
    free_slot,
    open_slot,
    reserve,
)
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

WEEK = timedelta(days=7)
QUESTIONS = [
    {"key": "material", "label_zh": "样品材质", "label_en": "Material", "required": True},
    {
        "key": "voltage",
        "label_zh": "加速电压",
        "label_en": "Voltage",
        "type": "number",
        "required": True,
        "least": 1,
        "most": 30,
    },
    {"key": "vacuum", "label_zh": "高真空", "label_en": "High vacuum", "type": "boolean"},
]


def reserved(page: Page, state: str) -> str:
    """Wait for what came of the form, and say of which reservation."""
    shown = page.locator("[data-reserved]")
    expect(shown).to_have_attribute("data-state", state)
    return shown.get_attribute("data-reserved") or ""


def test_from_the_search_to_a_yes_to_what_the_instrument_asks(open_page: OpenPage) -> None:
    client, lab = open_page("/", login="alice"), open_page("/lab", login="mei")
    name = "扫描电子显微镜"
    instrument = find_instrument(client.request, name)
    ask_first(lab.request, instrument, questions=QUESTIONS, needs_declaration=True)
    client.get_by_role("searchbox").fill("电镜")
    client.get_by_role("searchbox").fill("扫描电子")
    client.get_by_role("link", name=name).first.click()
    expect(client.locator("[data-conditions]")).to_contain_text("由机主审核")
    client.locator(".slot").last.click()

    button = client.locator("[data-reserve]")
    expect(button).to_be_disabled()
    expect(client.get_by_text("还有 3 项必填内容")).to_be_visible()
    client.get_by_label("样品材质 *").fill("Q235 钢")
    client.get_by_label("加速电压 *").fill("15")
    client.locator("#question-vacuum").get_by_text("是", exact=True).click()
    client.locator("#declaration").get_by_text("不含").click()
    assert check(client) == []
    button.click()
    reservation = reserved(client, "submitted")

    lab.goto(f"/reservations/{reservation}")
    expect(lab.locator("[data-questions]")).to_contain_text("Q235 钢")
    lab.get_by_role("button", name="批准", exact=True).click()
    client.goto("/notices")
    its_own = client.locator(f"a[href$='{reservation}']")  # others may have been approved before
    told = client.locator("[data-notice=approved]").filter(has=its_own).first
    expect(told).to_be_visible(timeout=40_000)
    told.get_by_role("link").click()
    expect_state(client, "reserved")
    assert client.url.endswith(reservation)


def test_what_one_looks_for_stands_in_the_address_and_its_time_is_chosen_already(
    open_page: OpenPage,
) -> None:
    page = open_page("/")
    page.locator("[data-finer]").click()
    page.get_by_label("地区", exact=True).fill("无锡")  # the list draws what is in sight only
    choose(page, "地区", "无锡市")
    page.get_by_label("覆盖标准").fill("GB/T 228.1")
    page.get_by_label("覆盖标准").press("Enter")
    page.get_by_label("每小时最高价格").fill("320")
    page.get_by_label("每小时最高价格").blur()
    expect(page).to_have_url(re.compile("(?=.*region=3202)(?=.*standard=GB)(?=.*most=320)"))
    expect(page.locator("[data-instrument]")).to_have_count(1)
    page.get_by_label("每小时最高价格").fill("319")
    page.get_by_label("每小时最高价格").blur()
    expect(page.get_by_text("没有符合条件的仪器")).to_be_visible()
    assert check(page) == []

    starts_at = coming_quarter() + timedelta(days=9)
    span = {
        "free_from": starts_at.isoformat(),
        "free_to": (starts_at + timedelta(hours=1)).isoformat(),
    }
    page.goto(f"/?{urlencode({'standard': 'GB/T 228.1', **span})}")
    page.locator("[data-instrument] a").first.click()
    expect(page.locator("[data-estimate]")).to_contain_text("¥320")


def test_a_hold_counts_down_until_it_is_confirmed(open_page: OpenPage) -> None:
    page = open_page("/my", login="alice")
    instrument = find_instrument(page.request, "激光共聚焦显微镜")
    open_slot(page, instrument, free_slot(page.request, instrument, days=2))
    page.locator("[data-hold]").click()
    reserved(page, "held")
    expect(page.locator("[data-countdown]")).to_contain_text("剩余 09:")
    page.get_by_role("button", name="确认预约").click()
    reserved(page, "reserved")
    expect(page.locator("[data-countdown]")).to_have_count(0)


def test_a_draft_is_kept_takes_no_time_and_is_confirmed_later(open_page: OpenPage) -> None:
    page, other = open_page("/my", login="alice"), open_page("/my", login="lin")
    instrument = find_instrument(page.request, "激光共聚焦显微镜")
    slot = open_slot(page, instrument, free_slot(page.request, instrument, days=5))
    page.locator("[data-draft]").click()
    draft = reserved(page, "draft")
    assert free_slot(other.request, instrument, days=5) == slot

    page.goto("/my")
    card = page.locator(f"[data-reservation='{draft}']")
    expect(card).to_have_attribute("data-state", "draft")
    card.get_by_role("button", name="确认预约").click()
    expect(card).to_have_attribute("data-state", "reserved")


def test_a_series_shows_what_meets_somebody_and_offers_those_dates_again(
    open_page: OpenPage,
) -> None:
    page, other = open_page("/my", login="alice"), open_page("/my", login="lin")
    instrument = find_instrument(page.request, "傅里叶变换红外光谱仪")
    slot = free_slot(page.request, instrument, days=24)
    reserve(other.request, instrument, (slot[0] + WEEK, slot[1] + WEEK))
    open_slot(page, instrument, slot)
    page.get_by_label("每周重复").check()
    page.get_by_label("次数").fill("3")
    page.locator("[data-trial]").click()
    dates = page.locator("[data-dates] > li")
    expect(dates).to_have_count(3)
    expect(dates.nth(1)).to_have_attribute("data-free", "false")
    expect(dates.nth(1)).to_contain_text("已被")
    assert check(page) == []

    page.locator("[data-take]").click()
    expect(page.get_by_text("已预约 2 次，共 3 次。")).to_be_visible()
    page.locator("[data-offered] .slot").first.click()
    expect(dates.nth(1)).to_contain_text("已改约")
    dates.first.get_by_role("link").click()
    expect(page.locator("[data-series] > li")).to_have_count(2)


def test_several_instruments_are_all_reserved_or_none(open_page: OpenPage) -> None:
    page, other = open_page("/my", login="alice"), open_page("/my", login="lin")
    names = ("三坐标测量机", "数字压力校准器")
    instruments = [find_instrument(page.request, name) for name in names]
    slots = [free_slot(page.request, one, days=3) for one in instruments]
    for instrument, slot in zip(instruments, slots, strict=True):
        open_slot(page, instrument, slot)
        page.locator("[data-basket]").click()
    page.get_by_role("link", name="合并预约（2）").click()
    expect(page.locator("[data-basket-items] .told")).to_have_count(3)  # two and their sum
    expect(page.locator("[data-total]")).to_contain_text("¥")
    assert check(page) == []
    theirs = reserve(other.request, instruments[1], slots[1])

    page.locator("[data-together]").click()
    refusal = page.locator("[data-refusal]")
    expect(refusal).to_contain_text(instruments[1]["code"])
    expect(refusal).to_contain_text("一台也没有预约")
    assert free_slot(page.request, instruments[0], days=3) == slots[0]

    assert other.request.post(f"/api/v1/reservations/{theirs}/cancel", data={}).ok
    page.locator("[data-together]").click()
    expect_state(page, "reserved")
    expect(page.locator("[data-series] > li")).to_have_count(2)


def test_what_is_reserved_for_a_colleague_is_theirs_and_may_be_handed_back(
    open_page: OpenPage,
) -> None:
    page, colleague = open_page("/my", login="alice"), open_page("/my", login="lin")
    instrument = find_instrument(page.request, "原子力显微镜")
    open_slot(page, instrument, free_slot(page.request, instrument, days=3))
    choose(page, "使用人", "林静")
    page.locator("[data-reserve]").click()
    reservation = reserved(page, "reserved")

    colleague.goto("/my")
    card = colleague.locator(f"[data-reservation='{reservation}']")
    card.get_by_role("link").first.click()
    expect(colleague.get_by_text("预约人", exact=True)).to_be_visible()
    colleague.get_by_role("button", name="转给同事").click()
    choose(colleague, "转给谁", "李思齐")
    colleague.get_by_role("dialog").get_by_role("button", name="转给同事").click()
    expect(colleague.locator("[data-kind=handed_over]")).to_contain_text("原使用人 林静")
    page.goto(f"/reservations/{reservation}")
    expect_state(page, "reserved")


def test_an_administrator_is_asked_before_the_lab_where_the_enterprise_wants_it(
    open_page: OpenPage,
) -> None:
    page, administrator = open_page("/my", login="alice"), open_page("/my", login="lin")
    instrument = find_instrument(page.request, "电波暗室")
    setting = "/api/v1/enterprise/endorsement"
    assert administrator.request.put(setting, data={"is_needed": True}).ok
    try:
        slot = free_slot(page.request, instrument, days=4)
        page.goto(f"/reservations/{reserve(page.request, instrument, slot)}")
        expect_state(page, "proposed")
        administrator.goto("/my")
        waiting = administrator.locator("[data-to-endorse] article").filter(has_text="电波暗室")
        expect(waiting).to_contain_text("李思齐")
        assert check(administrator) == []
        waiting.get_by_role("button", name="同意", exact=True).click()
        expect(waiting).to_have_count(0)
        expect_state(page, "reserved")
    finally:
        administrator.request.put(setting, data={"is_needed": False})
