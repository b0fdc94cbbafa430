"""Accounts as people see to them: colleagues, the second factor, where one is signed in."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import PASSWORD, OpenPage
from tests.web.outside import FIRST_PASSWORD, choose_password, one_time_code, read_sheet
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]


def add_member(open_page: OpenPage, login: str) -> Page:
    """Let the enterprise's administrator add a colleague; return the administrator's page."""
    page = open_page("/enterprise", login="lin")
    page.get_by_role("button", name="添加成员").first.click()
    page.get_by_label("姓名").fill(f"同事 {login}")
    page.get_by_label("账号", exact=True).fill(login)
    page.get_by_label("初始密码").fill(FIRST_PASSWORD)
    page.locator("form").get_by_role("button", name="添加成员").click()
    expect(page.locator(f"[data-person='{login}']")).to_contain_text("企业成员")
    choose_password(page, login, PASSWORD)
    return page


def enter(page: Page, login: str, code: str | None = None) -> None:
    page.goto("/sign-in?to=/account")
    page.get_by_role("textbox", name="账号").fill(login)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    submit = page.get_by_role("main").get_by_role("button", name="登录", exact=True)
    submit.click()
    if code is not None:
        page.get_by_label("动态码或恢复码").fill(code)
        submit.click()
    expect(page.get_by_role("heading", name="账户与安全")).to_be_visible()


def test_administrator_looks_after_colleagues(open_page: OpenPage) -> None:
    page = add_member(open_page, "chen.yu")
    assert check(page) == []
    page.set_viewport_size({"width": 1400, "height": 900})
    colleague = open_page("/enterprise", login="chen.yu")
    expect(colleague.get_by_role("heading", name="名称沿革")).to_be_visible()
    expect(colleague.get_by_text("添加成员")).to_have_count(0)

    row = page.locator("[data-person='chen.yu']")
    row.get_by_role("button", name="改角色").click()
    page.get_by_role("dialog").get_by_role("checkbox", name="企业管理员").check()
    page.get_by_role("button", name="保存角色").click()
    expect(row).to_contain_text("企业管理员")
    colleague.goto("/notices")
    expect(colleague.get_by_text("将您的角色改为：企业管理员、企业成员")).to_be_visible()
    colleague.goto("/enterprise")
    expect(colleague.locator("[data-person='lin']")).to_be_visible()

    row.get_by_role("button", name="停用").click()
    page.locator(".ant-popconfirm-buttons").get_by_role("button", name="停用").click()
    expect(row).to_contain_text("已停用")
    colleague.reload()
    expect(colleague.get_by_role("heading", name="请先登录")).to_be_visible()

    own = page.locator("[data-person='lin']")
    expect(own.get_by_role("button", name="停用")).to_have_count(0)
    own.get_by_role("button", name="改角色").click()
    page.get_by_role("dialog").get_by_role("checkbox", name="企业管理员").uncheck()
    page.get_by_role("dialog").get_by_role("checkbox", name="企业成员").check()
    page.get_by_role("button", name="保存角色").click()
    expect(page.get_by_text("至少须保留一名管理员，请先将该角色交给他人")).to_be_visible()


def test_second_factor_is_set_used_and_turned_off(open_page: OpenPage) -> None:
    add_member(open_page, "second.factor")
    page = open_page("/account", login="second.factor")
    page.get_by_role("button", name="开始设置").click()
    expect(page.get_by_alt_text("双因素登录的二维码")).to_be_visible()
    shown = page.locator("[data-secret]").inner_text()
    secret = shown.replace(" ", "")
    page.get_by_label("动态码或恢复码").fill("000000")
    page.get_by_role("button", name="确认启用").click()
    expect(page.get_by_text("动态码或恢复码不正确")).to_be_visible()
    page.get_by_label("动态码或恢复码").fill(one_time_code(secret))
    page.get_by_role("button", name="确认启用").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_count(10)
    codes = dialog.get_by_role("listitem").all_inner_texts()
    dialog.get_by_role("button", name="我已保存").click()
    expect(page.get_by_text("剩余恢复码 10 个")).to_be_visible()
    assert check(page) == []

    elsewhere = open_page("/")
    enter(elsewhere, "second.factor", codes[0])
    expect(elsewhere.get_by_text("剩余恢复码 9 个")).to_be_visible()
    elsewhere.get_by_label("动态码或恢复码").fill(one_time_code(secret, steps_on=1))
    elsewhere.get_by_role("button", name="停用", exact=True).click()
    # It ends every sign-in, this one too.
    expect(elsewhere.get_by_role("heading", name="请先登录")).to_be_visible()
    enter(elsewhere, "second.factor")
    expect(elsewhere.get_by_text("未启用")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="请先登录")).to_be_visible()


def test_sign_ins_are_ended_one_by_one_and_all_at_once(open_page: OpenPage) -> None:
    add_member(open_page, "many.devices")
    phone, tablet, desk = (open_page("/account", login="many.devices") for _ in range(3))
    others = desk.get_by_role("button", name="结束", exact=True)
    expect(others).to_have_count(2)
    others.first.click()
    expect(others).to_have_count(1)
    phone.reload()
    tablet.reload()
    out = phone.get_by_role("heading", name="请先登录")
    out_too = tablet.get_by_role("heading", name="请先登录")
    expect(out.or_(phone.get_by_role("heading", name="账户与安全"))).to_be_visible()
    expect(out_too.or_(tablet.get_by_role("heading", name="账户与安全"))).to_be_visible()
    assert [out.count(), out_too.count()].count(1) == 1, "one of the two was signed out"

    desk.get_by_role("button", name="结束全部登录").click()
    desk.locator(".ant-popconfirm-buttons").get_by_role("button").last.click()
    expect(desk.get_by_role("heading", name="请先登录")).to_be_visible()
    for page in (phone, tablet):
        page.reload()
        expect(page.get_by_role("heading", name="请先登录")).to_be_visible()


@pytest.mark.parametrize(
    ("login", "paths"),
    [
        (
            "lin",
            ["/enterprise", "/enterprise?view=names", "/enterprise?view=entrustments", "/privacy"],
        ),
        ("mei", ["/institution", "/institution?view=staff"]),
        ("xu", ["/station", "/my"]),
        (
            "oscar",
            [
                "/institutions",
                "/institutions?view=stations",
                "/institutions?view=experts&left=1",
                "/institutions?view=officers",
                "/institutions?view=holds",
                "/work-calendar",
                "/reviews?state=all",
                "/reviews?view=names",
                "/due?done=1",
                "/audit?action=reservation.",
            ],
        ),
    ],
)
def test_pages_of_people_have_no_serious_fault(
    open_page: OpenPage, login: str, paths: list[str]
) -> None:
    page = open_page(paths[0], login=login)
    faults = check(page)
    for path in paths[1:]:
        page.goto(path)
        faults += check(page)
    assert faults == []


def test_forms_of_people_have_no_serious_fault(open_page: OpenPage) -> None:
    page = open_page("/institution", login="mei")
    page.get_by_role("button", name="登记资质").click()
    faults = check(page)
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto("/institution?view=staff")
    page.get_by_role("button", name="添加人员").click()
    faults += check(page)
    operator = open_page("/institutions", login="oscar")
    operator.get_by_role("button", name=re.compile("查看 江南")).click()
    expect(operator.locator("[data-institution]")).to_be_visible()
    faults += check(operator)
    admin = open_page("/enterprise?view=names", login="lin")
    admin.get_by_role("button", name="报告更名").click()
    faults += check(admin)
    admin.set_viewport_size({"width": 1400, "height": 900})
    admin.goto("/enterprise?view=entrustments")
    admin.get_by_role("button", name="新建委托").click()
    faults += check(admin)
    assert faults == []


def test_what_a_board_shows_is_narrowed_by_its_address_and_kept_as_a_file(
    open_page: OpenPage,
) -> None:
    page = open_page("/audit?action=no.such", login="oscar")
    expect(page.get_by_text("没有符合条件的记录")).to_be_visible()
    page.get_by_role("button", name="清除筛选").click()
    expect(page).not_to_have_url(re.compile("no.such"))
    page.goto("/audit?action=reservation.&subject_kind=reservation")
    expect(page.locator("tbody a[href^='/reservations/']").first).to_be_visible()
    with page.expect_download() as saving:
        page.get_by_role("button", name="导出 Excel").click()
    heads, *rows = read_sheet(saving.value)
    assert heads[1:4] == ("时间", "操作", "对象")
    assert {row[3] for row in rows} == {"reservation"}
    expect(page.get_by_role("button", name="预约成功").first).to_be_visible()
