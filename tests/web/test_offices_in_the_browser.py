"""The platform's own desks in a browser: calendar, officers, stations, rights over one's data."""

import json
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from directory.registrations.rules import Purpose
from directory.workdays.rules import ZONE
from tests.web.conftest import PASSWORD, WIDE, OpenPage
from tests.web.leases import find_instrument
from tests.web.outside import FIRST_PASSWORD, choose_password, read_sheet
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

INSTRUMENT = "扫描电子显微镜"
OFF = "2027-01-01~2027-01-03 元旦\n2027-02-05~2027-02-11 春节\n2027-05-01~2027-05-05 劳动节"


def wide(page: Page) -> None:
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


def confirm(page: Page) -> None:
    page.locator(
        ".ant-popconfirm-buttons .ant-btn-primary, .ant-popconfirm-buttons .ant-btn"
    ).last.click()


def test_notice_on_holidays_is_imported_and_every_due_date_counted_again(
    open_page: OpenPage,
) -> None:
    page = open_page("/work-calendar", login="oscar")
    expect(page.locator("[data-day='2026-10-01']")).to_contain_text("国庆节 放假")
    expect(page.locator("[data-day='2026-10-10']")).to_contain_text("调休上班")
    expect(page.locator("[data-source]")).to_contain_text("随程序提供")
    page.get_by_role("button", name="导入通知").click()
    page.get_by_label("通知标题").fill("关于2027年部分节假日安排的通知")
    page.get_by_label("发布日期").fill("2026-11-20")
    page.get_by_label("发布日期").press("Enter")
    page.get_by_label("放假日期").fill(f"{OFF}\n春天放假")
    expect(page.get_by_text("第 4 行看不懂：春天放假")).to_be_visible()
    assert check(page) == []
    wide(page)
    page.get_by_label("放假日期").fill(OFF)
    page.get_by_label("调休上班日期").fill("2027-01-08 元旦")
    expect(page.get_by_text("放假 15 天，调休上班 1 天")).to_be_visible()
    page.get_by_role("button", name="导入并重算").click()
    confirm(page)
    expect(page.get_by_text("2027-01-08 不是周末", exact=True)).to_be_visible()
    page.get_by_label("调休上班日期").fill("2027-01-09 元旦")
    page.get_by_role("button", name="导入并重算").click()
    confirm(page)
    expect(page.get_by_text("已导入：")).to_be_visible()
    expect(page.locator("[data-day='2027-01-09']")).to_contain_text("调休上班")
    expect(page.get_by_text("2028 年起的节假日安排尚未公布")).to_be_visible()


def test_clerk_of_a_station_reserves_for_a_client_until_it_is_revoked(open_page: OpenPage) -> None:
    page = open_page("/station", login="xu")
    expect(page.get_by_role("row", name="苏州启明新材料有限公司")).to_contain_text("有效")
    instrument = find_instrument(page.request, INSTRUMENT)
    page.goto(f"/instruments/{instrument['id']}")
    page.locator(".slot").first.click()
    expect(page.locator("[data-estimate]")).to_be_visible()
    expect(page.locator("[data-reserve]")).to_be_disabled()
    page.get_by_label("为谁预约").click()
    page.get_by_title("李思齐 Alice").click()
    page.locator("[data-reserve]").click()
    expect(page.locator("[data-reserved]")).to_contain_text("预约成功")
    page.goto("/my")
    expect(page.locator("[data-reservation]").filter(has_text=INSTRUMENT).first).to_be_visible()

    admin = open_page("/enterprise?view=entrustments", login="lin")
    admin.get_by_role("button", name="撤销委托").first.click()
    confirm(admin)
    expect(admin.get_by_text("已撤销").first).to_be_visible()
    page.reload()
    expect(page.locator("[data-reservation]")).to_have_count(0)

    # And given again, on the page: others look at the station too.
    admin.get_by_role("button", name="新建委托").click()
    admin.get_by_label("服务站点").click()
    admin.locator(".ant-select-item-option").first.click()
    today = datetime.now(ZONE).date()
    for end, day in (("开始日期", today), ("结束日期", today + timedelta(days=90))):
        admin.get_by_placeholder(end).fill(day.isoformat())
        admin.get_by_placeholder(end).press("Enter")
    admin.get_by_role("checkbox", name="预约").check()
    admin.locator("form").get_by_role("button", name="新建委托").click()
    expect(admin.get_by_text("委托已生效")).to_be_visible()
    page.goto("/my")
    expect(page.locator("[data-reservation]").first).to_be_visible()


def test_officer_is_appointed_given_other_roles_and_seen_off(open_page: OpenPage) -> None:
    page = open_page("/institutions?view=officers", login="oscar")
    page.get_by_role("button", name="任命人员").click()
    page.get_by_label("姓名").fill("审核员一")
    page.get_by_label("账号", exact=True).fill("reviewer.one")
    page.get_by_label("初始密码").fill(FIRST_PASSWORD)
    page.get_by_role("checkbox", name="审计").check()
    form = page.locator("form")
    form.get_by_role("button", name="任命人员").click()
    expect(page.get_by_text("审计不得兼任其他角色").last).to_be_visible()
    page.get_by_role("checkbox", name="审计").uncheck()
    assert check(page) == []
    wide(page)
    form.get_by_role("button", name="任命人员").click()
    row = page.locator("[data-person='reviewer.one']")
    expect(row).to_contain_text("平台审核")
    choose_password(page, "reviewer.one", PASSWORD)

    desk = open_page("/reviews", login="reviewer.one")
    expect(desk.get_by_role("heading", name="注册审核")).to_be_visible()
    row.get_by_role("button", name="停用").click()
    confirm(page)
    expect(row).to_contain_text("已停用")
    desk.reload()
    expect(desk.get_by_role("heading", name="请先登录")).to_be_visible()


def test_data_that_the_law_keeps_is_not_erased_until_the_hold_is_lifted(
    open_page: OpenPage,
) -> None:
    admin = open_page("/enterprise", login="lin")
    admin.get_by_role("button", name="添加成员").first.click()
    admin.get_by_label("姓名").fill("将离职")
    admin.get_by_label("账号", exact=True).fill("leaving.soon")
    admin.get_by_label("初始密码").fill(FIRST_PASSWORD)
    admin.locator("form").get_by_role("button", name="添加成员").click()
    expect(admin.locator("[data-person='leaving.soon']")).to_be_visible()
    choose_password(admin, "leaving.soon", PASSWORD)

    operator = open_page("/institutions?view=holds", login="oscar")
    operator.get_by_role("button", name="登记保留").click()
    operator.get_by_label("账号").fill("nobody.here")
    operator.get_by_label("理由").fill("案件调查")
    operator.get_by_label("保留至").fill("2030-01-01")
    operator.get_by_label("保留至").press("Enter")
    operator.locator("form").get_by_role("button", name="登记保留").click()
    expect(operator.get_by_text("没有使用该账号的人员").first).to_be_visible()
    operator.get_by_label("账号").fill("leaving.soon")
    operator.locator("form").get_by_role("button", name="登记保留").click()
    expect(operator.get_by_role("row", name="将离职")).to_contain_text("保留中")

    page = open_page("/privacy", login="leaving.soon")
    with page.expect_download() as saving:
        page.get_by_role("button", name="导出我的数据").click()
    copy = json.loads(saving.value.path().read_text(encoding="utf-8"))
    assert copy["account"]["login"] == "leaving.soon"
    page.get_by_role("checkbox", name="我明白：删除后不能恢复").check()
    page.get_by_label("输入密码确认").fill(PASSWORD)
    page.get_by_role("button", name="永久删除").click()
    expect(page.get_by_role("alert").filter(has_text="案件调查").first).to_be_visible()

    operator.get_by_role("button", name="解除 将离职").click()
    confirm(operator)
    expect(operator.get_by_role("row", name="将离职")).to_contain_text("已解除")
    page.get_by_role("button", name="永久删除").click()
    expect(page.get_by_text("您的数据已删除")).to_be_visible()
    expect(page.get_by_role("button", name="登录")).to_be_visible()


def test_consent_is_withdrawn_and_given_again_on_the_page(open_page: OpenPage) -> None:
    page = open_page("/privacy", login="bob")
    body = {"purpose": Purpose.TERMS, "version": "1"}
    assert page.request.post("/api/v1/me/consents", data=body).ok
    page.reload()
    consent = page.locator("[data-consent=terms]")
    expect(consent).to_have_attribute("data-stands", "true")
    consent.get_by_role("button", name="撤回同意").click()
    confirm(page)
    expect(consent).to_contain_text("已撤回")
    page.get_by_role("button", name="重新同意").click()
    expect(consent.first).to_have_attribute("data-stands", "true")
    expect(consent).to_have_count(2)


def test_enterprise_asks_to_be_asked_first_and_no_longer(open_page: OpenPage) -> None:
    page = open_page("/enterprise", login="lin")
    switch = page.get_by_role("switch", name="成员预约须管理员同意")
    switch.click()
    expect(page.locator("[data-endorsement=true]")).to_be_visible()
    switch.click()
    expect(page.locator("[data-endorsement=false]")).to_be_visible()


def test_board_of_due_dates_is_kept_as_a_workbook_as_it_is_narrowed(open_page: OpenPage) -> None:
    page = open_page("/due?done=1", login="oscar")
    expect(page.get_by_role("heading", name="时限看板")).to_be_visible()
    export = page.get_by_role("button", name="导出 Excel")
    if export.is_disabled():  # alone, nothing was registered yet
        return
    with page.expect_download() as saving:
        export.click()
    heads, *rows = read_sheet(saving.value)
    assert heads[:2] == ("紧急程度", "截止时间")
    assert rows
