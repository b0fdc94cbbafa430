"""A manager keeps the cards of the lab's instruments: fields, photographs, devices, workbook."""

import io

import openpyxl
import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.api.test_instruments import PNG
from tests.web.conftest import NARROW, OpenPage
from tests.web.leases import find_instrument
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

FURNACE = "马弗炉"


def open_card(open_page: OpenPage) -> Page:
    page = open_page("/lab/instruments", login="mei")
    instrument = find_instrument(page.request, FURNACE)
    page.goto(f"/lab/instruments/{instrument['id']}")
    return page


def test_a_field_of_the_card_is_changed_and_shown_to_all(open_page: OpenPage) -> None:
    page = open_card(open_page)
    page.get_by_label("服务内容").fill("灰分测定、热处理")
    page.get_by_label("联系人").fill("王工")
    page.get_by_role("button", name="保存名片").click()
    expect(page.get_by_text("已保存").first).to_be_visible()
    page.get_by_role("link", name="查看公开页面").click()
    expect(page.get_by_text("灰分测定、热处理")).to_be_visible()


def test_photographs_come_in_and_stand_in_order(open_page: OpenPage) -> None:
    page = open_card(open_page)
    photos = page.locator("[data-photo]")
    file: FilePayload = {"name": "photo.png", "mimeType": "image/png", "buffer": PNG}
    for number, caption in enumerate(("正面", "铭牌"), 1):
        page.get_by_label("照片说明").fill(caption)
        page.locator("input[type=file]").set_input_files(file)
        expect(photos).to_have_count(number)
    page.get_by_role("button", name="把第 2 张设为首图").click()
    expect(photos.first).to_contain_text("铭牌")
    faults = check(page)
    for left in (1, 0):
        photos.first.get_by_role("button", name="删除").click()
        page.locator(".ant-popover:visible").get_by_role("button", name="删除").click()
        expect(photos).to_have_count(left)
    expect(page.locator("[data-device]").first).to_be_visible()
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert faults + check(page) == []


def test_a_workbook_is_shown_before_it_is_taken_in(open_page: OpenPage) -> None:
    page = open_page("/lab/instruments", login="mei")
    with page.expect_download() as loading:
        page.get_by_role("link", name="导出 xlsx").click()
    book = openpyxl.load_workbook(io.BytesIO(loading.value.path().read_bytes()))
    sheet = book.worksheets[0]
    headings = [str(cell.value) for cell in sheet[1]]
    place = headings.index("安置地点") + 1
    sheet.cell(2, place).value = "2 号楼 101"
    choose(page, book)
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("修改 1 台")
    expect(asked.get_by_role("row").nth(1)).to_contain_text("安置地点")
    faults = check(page)
    asked.get_by_role("button", name="确认导入").click()
    expect(page.get_by_text("已导入").first).to_be_visible()
    expect(page.get_by_text("2 号楼 101", exact=True)).to_be_visible()

    sheet.cell(2, headings.index("类别") + 1).value = "没有的类别"
    sheet.cell(3, headings.index("型号") + 1).value = ""
    choose(page, book)
    wrong = page.locator("[data-faults]")
    expect(wrong).to_contain_text("第 2 行“类别”")
    expect(wrong).to_contain_text("第 3 行“型号”")
    expect(asked.get_by_role("button", name="确认导入")).to_be_disabled()
    assert faults + check(page) == []


def choose(page: Page, book: openpyxl.Workbook) -> None:
    target = io.BytesIO()
    book.save(target)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    file: FilePayload = {"name": "cards.xlsx", "mimeType": kind, "buffer": target.getvalue()}
    page.locator("input[type=file]").set_input_files(file)


def test_cards_are_the_managers(open_page: OpenPage) -> None:
    page = open_page("/lab/instruments", login="bob")
    expect(page.get_by_text("没有权限")).to_be_visible()
