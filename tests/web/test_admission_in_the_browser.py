"""From a stranger to a member: registering, the review, and the first sign-in with a role."""

import re

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.api.registering import CANARY, CREDIT_CODE, PASSWORD, picture
from tests.web.conftest import NARROW, WIDE, OpenPage, RunningApp
from tests.web.outside import code_after
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

LOGIN, FIRM, PHONE, EMAIL = "li.siqi", "江阴精密机械有限公司", "13812345678", "li.siqi@example.com"
PAPERS = ("business_licence", "qualification_certificate", "integrity_pledge")
SCAN: FilePayload = {
    "name": "扫描件.png",
    "mimeType": "image/png",
    "buffer": picture(size=(300, 200)),
}


def confirm(page: Page, app: RunningApp, channel: str, address: str) -> None:
    log = app.data / "logs" / "jobs.log"
    known = len(log.read_text(encoding="utf-8"))
    page.locator(f"#{channel}").fill(address)
    page.locator(f"[data-ask={channel}]").click()
    page.locator(f"[data-code={channel}]").fill(code_after(page, log, known))
    page.locator(f"[data-code={channel}]").press("Enter")
    expect(page.locator(f"[data-confirmed={channel}]")).to_be_visible()


def hand_in(page: Page, paper: str) -> None:
    row = page.locator(f"[data-paper={paper}]")
    row.locator("input[type=file]").set_input_files([SCAN])
    expect(row).to_have_attribute("data-given", "true")


def fill_in(page: Page, app: RunningApp) -> None:
    page.get_by_label("单位名称").fill(FIRM)
    page.get_by_label("真实姓名").fill("李思齐")
    page.get_by_label("显示名称").fill("小李")
    page.get_by_label("账号", exact=True).fill(LOGIN)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("再次输入密码").fill(PASSWORD)
    code, number = page.get_by_label("统一社会信用代码"), page.get_by_label("居民身份证号码")
    # Judged while it is typed, by the same rules as the server's.
    code.fill(CREDIT_CODE[:-1] + "4")
    expect(page.get_by_text("校验位不符，请核对")).to_be_visible()
    code.fill(CREDIT_CODE.lower())
    expect(code).to_have_value(CREDIT_CODE)
    expect(page.get_by_text("校验位不符，请核对")).to_have_count(0)
    number.fill("110105194902300022")
    expect(page.get_by_text("出生日期不存在")).to_be_visible()
    number.fill(CANARY)
    expect(page.get_by_text("出生日期不存在")).to_have_count(0)
    page.get_by_role("checkbox", name=re.compile("服务协议")).check()
    page.get_by_role("checkbox", name=re.compile("身份信息")).check()
    confirm(page, app, "phone", PHONE)
    confirm(page, app, "email", EMAIL)


def hand_in_all(page: Page) -> None:
    page.locator("[data-submit]").click()
    expect(page.locator("[data-paper] [role=alert]")).to_have_count(3)  # all at once
    for paper in PAPERS[:1] + PAPERS[2:]:
        hand_in(page, paper)
    lacking = page.locator(f"[data-paper={PAPERS[1]}]")
    lacking.get_by_role("button", name="说明没有").click()
    lacking.get_by_role("textbox").fill("只有需求，没有资质")
    lacking.get_by_role("button", name="保存理由").click()
    expect(lacking).to_have_attribute("data-given", "true")


@pytest.mark.timeout(240)  # three people, each with a browser, and a review sent back once
def test_from_a_stranger_to_the_administrator_of_a_firm(
    open_page: OpenPage, running_app: RunningApp
) -> None:
    page = open_page("/sign-in")
    page.get_by_role("link", name="还没有账号？注册").click()
    expect(page.locator("[data-need]")).to_have_count(3)
    assert check(page) == []
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.get_by_role("button", name="提交注册").click()
    expect(page.get_by_role("alert").filter(has_text="需要更正")).to_be_visible()
    assert page.locator(".ant-form-item-explain-error").count() >= 9, "all that is missing, at once"
    fill_in(page, running_app)
    page.get_by_role("button", name="提交注册").click()
    expect(page).to_have_url(re.compile("/registrations"))

    hand_in_all(page)
    assert check(page) == []
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.locator("[data-submit]").click()
    registration = page.locator("[data-registration]")
    expect(registration).to_have_attribute("data-state", "submitted")
    expect(registration.locator("[data-clock]")).to_be_visible()
    expect(registration).to_contain_text("3 个工作日")
    key = registration.get_attribute("data-registration")

    desk = open_page("/reviews", login="oscar")
    desk.locator(f"[data-open='{key}']").click()
    assert_review_shows_what_it_needs(desk)
    send_back(desk)

    page.reload()
    expect(registration).to_have_attribute("data-state", "returned")
    expect(page.get_by_text("照片不清晰").first).to_be_visible()
    hand_in(page, "business_licence")
    page.get_by_label("真实姓名").fill("李思奇")
    page.get_by_role("button", name="保存更正").click()
    expect(page.get_by_text("已更正")).to_be_visible()
    page.locator("[data-submit]").click()
    expect(registration).to_have_attribute("data-state", "submitted")

    desk.goto(f"/reviews/{key}")
    desk.get_by_role("button", name="通过", exact=True).click()
    desk.locator(".ant-popconfirm-buttons").get_by_role("button", name="通过").click()
    expect(desk.get_by_text("已通过").first).to_be_visible()

    page.reload()
    expect(registration).to_have_attribute("data-state", "approved")
    page.goto("/enterprise")
    expect(page.get_by_role("heading", name=FIRM)).to_be_visible()
    entering = open_page("/sign-in?to=/enterprise")
    entering.get_by_role("textbox", name="账号").fill(LOGIN)
    entering.get_by_label("密码", exact=True).fill(PASSWORD)
    entering.get_by_role("main").get_by_role("button", name="登录", exact=True).click()
    expect(entering.locator(f"[data-person='{LOGIN}']")).to_contain_text("企业管理员")


def assert_review_shows_what_it_needs(desk: Page) -> None:
    expect(desk.locator("[data-value=identity_number]")).to_have_text("1101**********002X")
    expect(desk.locator("[data-paper]")).to_have_count(3)
    expect(desk.get_by_text("只有需求，没有资质")).to_be_visible()
    expect(desk.locator("[data-clock]")).to_be_visible()
    assert check(desk) == []
    desk.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    desk.locator("[data-paper=business_licence]").get_by_role("button", name="打开").click()
    shown = desk.locator("[data-paper=business_licence] img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 300
    desk.locator("[data-field=identity_number]").get_by_role("button", name="查看原文").click()
    desk.get_by_role("textbox", name="请说明原因").fill("核对身份证扫描件")
    desk.locator(".ant-popconfirm-buttons").get_by_role("button", name="查看原文").click()
    expect(desk.locator("[data-value=identity_number]")).to_have_text(CANARY)


def send_back(desk: Page) -> None:
    expect(desk.get_by_role("button", name="退回补正")).to_be_disabled()
    for field, text in (("papers.business_licence", "照片不清晰"), ("real_name", "与证件不一致")):
        desk.locator(f"[data-remark='{field}']").click()
        desk.locator("textarea:focus").fill(text)
    expect(desk.locator("[data-remarks]")).to_have_attribute("data-remarks", "2")
    desk.get_by_role("button", name="退回补正").click()
    expect(desk).to_have_url(re.compile("/reviews$"))


def test_refusals_of_the_server_stand_at_their_fields(
    open_page: OpenPage, running_app: RunningApp
) -> None:
    """What only the server can know: the browser's rules would have let it pass."""
    page = open_page("/register?kind=ordinary", size=NARROW)
    page.get_by_label("真实姓名").fill("王伟")
    page.get_by_label("居民身份证号码").fill("440524188001010014")
    page.get_by_label("显示名称").fill("小王")
    page.get_by_label("账号", exact=True).fill("alice")
    page.get_by_label("密码", exact=True).fill("passwordpassword")
    page.get_by_label("再次输入密码").fill("passwordpassword")
    page.get_by_role("checkbox", name=re.compile("服务协议")).check()
    page.get_by_role("checkbox", name=re.compile("身份信息")).check()
    confirm(page, running_app, "phone", "13912345678")
    confirm(page, running_app, "email", "wang@example.com")
    page.get_by_role("button", name="提交注册").click()
    expect(page.get_by_text("该密码过于常见")).to_be_visible()
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("再次输入密码").fill(PASSWORD)
    page.get_by_role("button", name="提交注册").click()
    expect(page.get_by_text("该账号已被使用")).to_be_visible()
