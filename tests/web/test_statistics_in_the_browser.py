"""A manager counts what was used, and takes each figure apart."""

import re

import pytest
from playwright.sync_api import expect

from tests.web.conftest import NARROW, OpenPage
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

FIGURES = ("机时利用率", "共享率", "有效机时", "开放率", "爽约率", "收费")


def test_each_figure_says_in_words_how_it_was_counted(open_page: OpenPage) -> None:
    page = open_page("/lab/statistics", login="mei")
    for name in FIGURES:
        expect(page.locator(f"[data-figure={name}]")).to_be_visible()
    expect(page.locator("[data-figure=机时利用率]")).to_contain_text("÷ 定额机时")
    expect(page.locator("[data-figure=开放率]")).to_contain_text("25 台可预约 ÷ 共 25 台")


def test_another_quota_and_period_are_counted_with_and_stay_in_the_address(
    open_page: OpenPage,
) -> None:
    page = open_page("/lab/statistics", login="mei")
    quota = page.get_by_label("年定额机时 通用")
    quota.fill("1600")
    quota.press("Enter")
    expect(page).to_have_url(re.compile("general=1600"))
    page.get_by_text("近一年", exact=True).click()
    expect(page).to_have_url(re.compile(r"from=\d{4}-\d\d-\d\d&until="))
    # A year's quota: 21 general instruments by 1600 h and 4 mechanical ones by 800 h.
    expect(page.locator("[data-figure=机时利用率]")).to_contain_text("36,800 h")
    page.reload()
    expect(quota).to_have_value("1600")


def test_a_figure_opens_to_its_rows_and_the_drawer_has_an_address(open_page: OpenPage) -> None:
    page = open_page("/lab/statistics", login="mei")
    page.locator("[data-figure=开放率]").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("仪器开放明细")
    expect(drawer.get_by_role("row")).to_have_count(26)
    expect(page).to_have_url(re.compile("rows=instruments"))
    drawer.get_by_role("button", name="关闭").click()
    expect(drawer).to_have_count(0)
    page.goto("/lab/statistics?rows=reservations")
    expect(page.get_by_role("dialog")).to_contain_text("到场与爽约明细")


def test_figures_and_service_records_are_taken_home_as_workbooks(open_page: OpenPage) -> None:
    page = open_page("/lab/statistics", login="mei")
    for link, name in (("统计表", "使用统计.xlsx"), ("服务记录", "服务记录.xlsx")):
        page.get_by_role("button", name="导出").click()
        with page.expect_download() as loading:
            page.get_by_role("link", name=re.compile(link)).click()
        assert loading.value.suggested_filename == name


def test_an_operator_counts_one_institution_or_all(open_page: OpenPage) -> None:
    page = open_page("/lab/statistics", login="oscar")
    page.get_by_label("机构", exact=True).click()
    page.locator(".ant-select-item-option").filter(has_text="江南质量检测技术中心").click()
    expect(page).to_have_url(re.compile("institution="))
    expect(page.locator("[data-figure=有效机时]")).to_be_visible()


def test_who_may_not_is_told_so(open_page: OpenPage) -> None:
    page = open_page("/lab/statistics", login="alice")
    expect(page.get_by_text("没有权限")).to_be_visible()


def test_the_pages_have_no_serious_fault(open_page: OpenPage) -> None:
    page = open_page("/lab/statistics", login="mei")
    faults = check(page)
    page.goto("/lab/statistics?rows=uses")
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    expect(page.get_by_role("dialog")).to_be_visible()
    assert faults + check(page) == []
