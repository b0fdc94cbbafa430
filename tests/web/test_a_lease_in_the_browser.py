"""A whole lease in the browser: asked, approved, used, confirmed or disputed, and billed."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPage
from tests.web.leases import (
    ask_first,
    coming_quarter,
    expect_state,
    find_instrument,
    free_slot,
    give_reason,
    press_and_confirm,
    reserve,
)
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

TENSILE = "电子万能材料试验机"
HARDNESS = "显微硬度计"
IMPACT = "摆锤冲击试验机"


@dataclass(frozen=True, slots=True)
class Two:
    """One reservation, seen by its client and by the lab."""

    client: Page
    lab: Page


def ask_for(open_page: OpenPage, name: str, *, soon: bool) -> Two:
    """Ask for time on an instrument whose manager is asked first."""
    client, lab = open_page("/my", login="alice"), open_page("/lab", login="mei")
    instrument = find_instrument(client.request, name)
    ask_first(lab.request, instrument)
    if soon:
        slot = coming_quarter(), coming_quarter() + timedelta(hours=1)
    else:
        slot = free_slot(client.request, instrument, days=2)
    reservation = reserve(client.request, instrument, slot)
    for page in (client, lab):
        page.goto(f"/reservations/{reservation}")
        expect_state(page, "submitted")
    return Two(client, lab)


def use(page: Page) -> None:
    """Check in, let the instrument run, and leave it."""
    page.get_by_role("button", name="签到并解锁").click()
    # The run begins at the simulated instrument once its relay has really opened.
    expect_state(page, "in_use", within_s=90)
    expect(page.locator("[data-interlock=unlocked]")).to_be_visible()
    press_and_confirm(page, "结束使用")
    expect_state(page, "metered", within_s=120)


@pytest.mark.timeout(360)  # an instrument warms up, runs and cools down in it
def test_from_the_managers_yes_to_a_bill_that_a_person_confirmed(open_page: OpenPage) -> None:
    two = ask_for(open_page, TENSILE, soon=True)
    two.lab.get_by_role("button", name="批准", exact=True).click()
    expect_state(two.lab, "reserved")
    expect_state(two.client, "reserved")

    use(two.client)

    two.lab.get_by_role("button", name="确认机时").click()
    expect_state(two.client, "billed", within_s=90)
    told = two.client.locator("[data-history] li")
    expect(told.filter(has_text="陈梅 Mei").first).to_be_visible()
    expect(two.client.locator(".band-metered")).to_be_visible()
    assert check(two.client) == []
    amount = two.client.locator("[data-charge]").inner_text()
    two.client.get_by_role("link", name="查看费用明细").click()
    expect(two.client.locator("[data-amount]")).to_have_text(amount)


@pytest.mark.timeout(360)
def test_an_objection_is_answered_by_the_manager_with_another_time(open_page: OpenPage) -> None:
    two = ask_for(open_page, TENSILE, soon=True)
    two.lab.get_by_role("button", name="批准", exact=True).click()
    expect_state(two.client, "reserved")
    use(two.client)
    expect(two.client.locator("[data-countdown]").first).to_contain_text("23 小时")

    give_reason(two.client, "对机时有异议", "夹具打滑，前半段未做试验")
    expect_state(two.client, "disputed")
    expect_state(two.lab, "disputed")
    expect(two.lab.locator(".said")).to_contain_text("夹具打滑")
    two.lab.get_by_role("button", name="答复异议").click()
    dialog = two.lab.get_by_role("dialog")
    dialog.get_by_label("理由").fill("核对曲线后不计费")
    dialog.get_by_label("机时（分钟）").fill("0")
    dialog.get_by_role("button", name="答复异议").click()

    expect_state(two.client, "billed", within_s=90)
    expect(two.client.locator("[data-changes]")).to_contain_text("核对曲线后不计费")


def test_a_managers_no_says_why(open_page: OpenPage) -> None:
    two = ask_for(open_page, HARDNESS, soon=False)
    # From the lab's columns, where it waits for a hand.
    two.lab.goto("/lab")
    work = two.lab.locator(".work").filter(has_text=HARDNESS).filter(has_text="不批准").first
    work.get_by_role("button", name="不批准").click()
    asking = two.lab.locator(".ant-popover:visible")
    asking.get_by_role("textbox").fill("该时段设备期间核查")
    asking.get_by_role("button", name="不批准").click()

    expect_state(two.client, "rejected")
    expect(two.client.locator(".said")).to_contain_text("该时段设备期间核查")
    expect(two.client.locator("[data-acts]")).to_have_attribute("data-acts", "")


def test_another_time_is_offered_and_taken(open_page: OpenPage) -> None:
    two = ask_for(open_page, IMPACT, soon=False)
    two.lab.get_by_role("button", name="建议改期").click()
    dialog = two.lab.get_by_role("dialog")
    assert check(two.lab) == []
    dialog.get_by_label("开始").click()
    two.lab.locator(".ant-select-dropdown:visible .ant-select-item-option").last.click()
    dialog.get_by_label("理由").fill("上午有检定")
    dialog.get_by_role("button", name="建议改期").click()

    expect_state(two.client, "retimed")
    expect(two.client.locator(".said")).to_contain_text("上午有检定")
    expect(two.client.locator("[data-countdown]").first).to_be_visible()
    two.client.get_by_role("button", name="接受新时间").click()
    expect_state(two.client, "reserved")


def test_moving_by_the_picker_stands_in_the_history_and_cancelling_says_its_cost(
    open_page: OpenPage,
) -> None:
    client = open_page("/my", login="alice")
    instrument = find_instrument(client.request, "差示扫描量热仪")
    slot = free_slot(client.request, instrument, days=3)
    client.goto(f"/reservations/{reserve(client.request, instrument, slot)}")
    expect_state(client, "reserved")
    client.get_by_role("button", name="改期").click()
    dialog = client.get_by_role("dialog")
    dialog.get_by_label("开始").click()
    client.locator(".ant-select-dropdown:visible .ant-select-item-option").last.click()
    # What it does to the price is said before.
    expect(dialog.locator("[data-difference]")).to_have_text("费用不变。")
    expect(dialog).to_contain_text("免费取消")
    assert check(client) == []
    dialog.get_by_role("button", name="改期").click()
    expect(client.locator("[data-history] [data-kind=rescheduled]")).to_contain_text("原时段")

    client.get_by_role("button", name="取消预约").click()
    expect(client.locator("[data-cancel-cost=free]")).to_contain_text("现在取消不收费")
    client.locator(".ant-popconfirm-buttons:visible").get_by_role("button", name="取消预约").click()
    expect_state(client, "cancelled")


def test_an_alarm_is_acknowledged_and_stays_so(open_page: OpenPage) -> None:
    page = open_page("/alarms", login="mei")
    rule = {
        "kind": "above",
        "metric": "power_w",
        "limit": 0,
        "hysteresis": 0,
        "for_s": 0,
        "clear_for_s": 0,
        "severity": "minor",
        "code": "POWER_SEEN",
        "device_id": None,
    }
    made = page.request.post("/api/v1/alarm-rules", data=rule)
    assert made.status == 201, made.text()
    row = page.locator("tr").filter(has_text="POWER_SEEN").first
    expect(row).to_be_visible(timeout=60_000)
    row.get_by_role("button", name="确认").click()
    expect(row).to_contain_text("已确认")
    page.reload()
    acknowledged = page.locator("tr").filter(has_text="POWER_SEEN").filter(has_text="已确认")
    expect(acknowledged.first).to_be_visible()
