"""A manager says when the lab is open, what is dearer, which days differ, and the terms of use."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import NARROW, OpenPage
from tests.web.leases import find_instrument
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

# No other test reserves it: at the weekend and by night it is shut from here on.
OWN = "金属增材制造设备"


def scope_of(open_page: OpenPage) -> str:
    page = open_page("/", login="mei")
    return f"instrument:{find_instrument(page.request, OWN)['id']}"


def test_hours_are_drawn_before_they_are_saved(open_page: OpenPage) -> None:
    scope = scope_of(open_page)
    page = open_page(f"/lab/rules?scope={scope}", login="mei")
    week = page.locator("[data-week]")
    expect(week.locator(".week-row")).to_have_count(7)
    page.get_by_role("button", name="加延时错时时段").click()
    # Monday to Friday until nine in the evening at half as much again, and shut at the weekend.
    expect(week.locator(".week-track .week-dear")).to_have_count(5)
    expect(week.get_by_text("+50 %").first).to_be_visible()
    page.get_by_role("button", name="保存时段").click()
    expect(page.get_by_text("已保存").first).to_be_visible()
    faults = check(page)
    page.reload()
    expect(week.locator(".week-track .week-dear")).to_have_count(5)
    told = page.request.get(f"/api/v1/instruments/{scope.split(':')[1]}/opening-hours").json()
    assert {(one["is_extended"], one["surcharge_permille"]) for one in told["hours"]} == {
        (False, 0),
        (True, 500),
    }

    day = page.locator("[data-day]").nth(2).get_attribute("data-day")
    page.get_by_label("日期", exact=True).fill(str(day))
    page.get_by_label("日期", exact=True).press("Enter")
    page.get_by_label("原因", exact=True).fill("停电检修")
    page.get_by_role("button", name="加入").click()
    expect(page.locator(f"[data-special='{day}']")).to_contain_text("停电检修")
    expect(page.locator(f"[data-day='{day}']")).to_contain_text("不开放")
    page.locator(f"[data-special='{day}']").get_by_role("button").click()
    page.locator(".ant-popover:visible").get_by_role("button", name="删除").click()
    expect(page.locator(f"[data-special='{day}']")).to_have_count(0)
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert faults + check(page) == []


def test_a_term_said_of_one_instrument_wins_over_the_wider_one(open_page: OpenPage) -> None:
    scope = scope_of(open_page)
    page = open_page(f"/lab/rules?view=terms&scope={scope}", login="mei")
    gap = page.locator("[data-term=gap_s]")
    gap.get_by_role("spinbutton").fill("45")
    quotas = page.locator("[data-term=quotas]")
    quotas.get_by_role("button", name="加限额").click()
    page.get_by_role("button", name="保存条款").click()
    expect(page.get_by_text("已保存，新预约按此条款").first).to_be_visible()
    expect(gap).to_contain_text("本范围")
    told = page.request.get(f"/api/v1/instruments/{scope.split(':')[1]}/terms").json()["terms"]
    assert (told["gap_s"], told["quotas"][0]["hours"]) == (2700, 20)

    gap.get_by_role("button", name=re.compile("沿用")).click()
    quotas.get_by_role("button", name=re.compile("沿用")).click()
    page.get_by_role("button", name="保存条款").click()
    expect(gap).not_to_contain_text("本范围")
    faults = check(page)
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert faults + check(page) == []


def test_rules_are_the_managers(open_page: OpenPage) -> None:
    page = open_page("/lab/rules", login="bob")
    expect(page.get_by_text("没有权限")).to_be_visible()
