"""A technician watches the lab live."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import OpenPage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]


def test_a_tile_moves_as_its_device_reports(open_page: OpenPage) -> None:
    page = open_page("/devices", login="bob")
    expect(page.locator("[data-feed]")).to_have_attribute("data-feed", "live")
    tile = page.locator("[data-device=tensile-01]")
    chart = tile.locator("svg.spark")
    expect(chart).to_have_attribute("data-last", re.compile(r"\d+"))
    before = chart.get_attribute("data-last")
    assert before
    expect(chart).not_to_have_attribute("data-last", before)
    expect(tile.locator("[data-metric=power_w]")).to_contain_text("W")


def test_the_feed_comes_back_after_the_line_was_cut(open_page: OpenPage) -> None:
    page = open_page("/", login="bob")
    page.route("**/api/v1/live", lambda route: route.abort())
    page.goto("/devices")
    feed = page.locator("[data-feed]")
    expect(feed).to_have_attribute("data-feed", "reconnecting")
    expect(page.locator("[data-device]").first).to_be_visible()  # what is known stays in sight
    page.unroute("**/api/v1/live")
    expect(feed).to_have_attribute("data-feed", "live")


def test_the_wall_is_filtered_by_its_address(open_page: OpenPage) -> None:
    page = open_page("/devices?q=hplc-01", login="bob")
    expect(page.locator("[data-device]")).to_have_count(1)
    page.goto("/devices?state=fault&q=hplc-01")
    expect(page.get_by_text("没有符合条件的设备")).to_be_visible()
    page.get_by_role("button", name="清除筛选").click()
    expect(page.locator("[data-device=chamber-01]")).to_be_visible()


def test_a_device_opens_to_its_moving_chart_and_its_values(open_page: OpenPage) -> None:
    page = open_page("/devices", login="bob")
    page.locator("[data-device=hplc-01] h2 a").click()
    expect(page).to_have_url(re.compile("/devices/hplc-01"))
    chart = page.locator(".chart")
    expect(chart).to_have_attribute("data-last", re.compile(r"\d+"))
    before = chart.get_attribute("data-last")
    assert before
    expect(chart).not_to_have_attribute("data-last", before)
    page.get_by_text("1 小时", exact=True).click()
    expect(page).to_have_url(re.compile("span=1h"))
    expect(page.get_by_role("heading", name="最新数值")).to_be_visible()


def test_the_lab_today_shows_its_four_columns(open_page: OpenPage) -> None:
    page = open_page("/lab", login="bob")
    for column in ("正在使用", "接下来", "等我处理", "报警与离线"):
        expect(page.get_by_role("heading", name=column)).to_be_visible()


@pytest.mark.parametrize("path", ["/devices", "/lab", "/my", "/account"])
def test_a_visitor_is_asked_to_sign_in(open_page: OpenPage, path: str) -> None:
    page = open_page(path)
    expect(page.get_by_role("heading", name="请先登录")).to_be_visible()


def test_a_client_may_not_look_into_the_lab(open_page: OpenPage) -> None:
    page = open_page("/devices", login="alice")
    expect(page.get_by_role("heading", name="没有权限")).to_be_visible()


def test_an_address_that_is_nothing_says_so(open_page: OpenPage) -> None:
    page = open_page("/nowhere")
    expect(page.get_by_role("heading", name="没有找到")).to_be_visible()
