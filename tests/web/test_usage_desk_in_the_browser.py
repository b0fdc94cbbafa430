"""The lab looks at what was used beside what was reserved, puts it right, and confirms it."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import NARROW, OpenPage
from tests.web.leases import (
    ask_first,
    coming_quarter,
    expect_state,
    find_instrument,
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

FURNACE = "马弗炉"


def use_without_running(client: Page, lab: Page) -> None:
    """Check in and leave again: a use of no machine time, for a person to look at."""
    instrument = find_instrument(client.request, FURNACE)
    terms = {"needs_approval": False, "grid_s": 900, "length_min_s": 900}
    ask_first(lab.request, instrument, **terms, confirm_tolerance_permille=100)
    slot = coming_quarter(), coming_quarter() + timedelta(minutes=30)
    client.goto(f"/reservations/{reserve(client.request, instrument, slot)}")
    client.get_by_role("button", name="签到并解锁").click()
    press_and_confirm(client, "结束使用")
    expect_state(client, "metered", within_s=90)


@pytest.mark.timeout(180)
def test_a_use_is_put_right_with_a_reason_and_then_confirmed(open_page: OpenPage) -> None:
    client, lab = open_page("/my", login="alice"), open_page("/lab/usage", login="mei")
    use_without_running(client, lab)

    page = open_page("/lab/usage", login="bob")
    line = page.locator("[data-line]").filter(has_text=FURNACE).first
    line.click()
    shown = page.locator("[data-use]")
    expect(shown.locator("[data-evidence]")).to_contain_text("与预约时长相差 100 %")
    expect(shown).to_contain_text("不会自动确认")
    expect(shown.locator("[data-objection]")).to_contain_text("提出异议")
    expect(shown.locator("[data-proposed]")).to_contain_text("¥")
    expect(shown.get_by_role("img", name=re.compile("遥测"))).to_be_visible()

    shown.get_by_role("button", name="更正机时").click()
    correcting = shown.get_by_role("form", name="更正机时")
    expect(correcting.locator("[data-would-cost]")).to_contain_text("¥")
    expect(correcting.get_by_role("button", name="更正机时")).to_be_disabled()
    correcting.get_by_label("理由").fill("只开门取样，没有加热")
    correcting.get_by_role("button", name="更正机时").click()
    expect(shown.locator("[data-changes]")).to_contain_text("只开门取样，没有加热")
    faults = check(page)

    press_and_confirm(page, "确认机时")
    expect(shown.get_by_text("已确认").or_(shown.get_by_text("已出账")).first).to_be_visible()
    page.get_by_text("已确认", exact=True).first.click()
    expect(page).to_have_url(re.compile("pile=settled"))
    expect(line).to_be_visible()
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    line.click()
    expect(shown.locator("[data-changes]")).to_be_visible()
    assert faults + check(page) == []
    page.get_by_role("button", name="返回列表").click()
    expect(page.locator("[data-line]").first).to_be_visible()


def test_the_desk_is_for_the_lab(open_page: OpenPage) -> None:
    page = open_page("/lab/usage?pile=unreserved", login="bob")
    expect(page.get_by_text("没有未预约的使用")).to_be_visible()
    page.goto("/lab/usage?pile=disputed")
    expect(page.get_by_text("没有异议")).to_be_visible()
    refused = open_page("/lab/usage", login="alice")
    expect(refused.get_by_text("没有权限")).to_be_visible()
