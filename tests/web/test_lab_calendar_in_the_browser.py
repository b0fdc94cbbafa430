"""A manager sees all instruments over the days, moves what may be moved and closes what must be."""

import io
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import openpyxl
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.conftest import NARROW, WIDE, OpenPage
from tests.web.test_cards_in_the_browser import choose
from tests.web.test_everyone_can_use_it import check

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.full,
    pytest.mark.xdist_group("web"),
]

BALANCE = "三坐标测量机"
SHANGHAI = timedelta(hours=8)


def a_day_ahead(days: int) -> str:
    return (datetime.now(UTC) + SHANGHAI + timedelta(days=days)).strftime("%Y-%m-%d")


def instrument_id(page: Page, name: str) -> str:
    found = page.request.get("/api/v1/instruments", params={"q": name}).json()["items"]
    return str(found[0]["id"])


def reserve(page: Page, name: str, day: str, hours: tuple[int, int]) -> str:
    answer = page.request.post(
        "/api/v1/reservations",
        data={
            "instrument_id": instrument_id(page, name),
            "starts_at": f"{day}T{hours[0]:02}:00:00+08:00",
            "ends_at": f"{day}T{hours[1]:02}:00:00+08:00",
        },
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert answer.status == 201, answer.text()
    return str(answer.json()["id"])


def drag(page: Page, what: Locator, by: float) -> None:
    """Drag something sideways, slowly enough for the calendar to follow."""
    what.scroll_into_view_if_needed()
    box = what.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(x + by * step / 10, y, steps=2)
    page.mouse.up()


def times(page: Page, reservation: str) -> tuple[str, str]:
    told = page.request.get(f"/api/v1/reservations/{reservation}").json()
    return told["starts_at"], told["ends_at"]


def test_what_is_dragged_is_moved_and_its_holder_told(open_page: OpenPage) -> None:
    day = a_day_ahead(9)
    alice = open_page("/", login="alice")
    reservation = reserve(alice, BALANCE, day, (9, 11))
    page = open_page(f"/lab/calendar?view=day&day={day}", login="mei")
    drawn = page.locator(f"[data-event='{reservation}']")
    expect(drawn).to_be_visible()
    before = times(page, reservation)

    with page.expect_response(re.compile("/move$")) as moving:
        drag(page, drawn, 160)  # four slots of half an hour, 40 px each

    assert moving.value.status == 200
    after = times(page, reservation)
    assert after[0] > before[0]
    notices = alice.request.get("/api/v1/notices").json()["items"]
    assert notices[0]["kind"] == "moved"


def test_what_the_policy_refuses_goes_back_and_says_why(open_page: OpenPage) -> None:
    day = a_day_ahead(10)
    alice = open_page("/", login="alice")
    first = reserve(alice, BALANCE, day, (9, 11))
    reserve(alice, BALANCE, day, (12, 14))
    page = open_page(f"/lab/calendar?view=day&day={day}", login="mei")
    drawn = page.locator(f"[data-event='{first}']")
    expect(drawn).to_be_visible()
    place = drawn.bounding_box()
    before = times(page, first)

    with page.expect_response(re.compile("/move$")) as moving:
        drag(page, drawn, 200)

    assert moving.value.status in {409, 422}
    expect(page.get_by_text("时间没有改")).to_be_visible()
    assert times(page, first) == before
    expect(drawn).to_be_visible()
    back = drawn.bounding_box()
    assert place
    assert back
    assert abs(back["x"] - place["x"]) < 2


def test_a_reservation_is_moved_by_a_form_as_well(open_page: OpenPage) -> None:
    day = a_day_ahead(11)
    alice = open_page("/", login="alice")
    reservation = reserve(alice, BALANCE, day, (9, 10))
    page = open_page(f"/lab/calendar?view=day&day={day}", login="bob")
    page.locator(f"[data-move='{reservation}']").click()
    expect(page).to_have_url(re.compile(f"open={reservation}"))
    dialog = page.get_by_role("dialog")
    for label, hour in (("开始", "13"), ("结束", "15")):
        field = dialog.get_by_label(label)
        field.fill(f"{day} {hour}:00")
        field.press("Tab")
    dialog.get_by_role("button", name="改时间").click()
    expect(dialog).to_have_count(0)
    assert (
        times(page, reservation)[0].startswith(f"{day}T05:00")
        or "T13:00" in (times(page, reservation)[0])
    )


def test_a_closure_is_added_shown_and_withdrawn(open_page: OpenPage) -> None:
    day = a_day_ahead(12)
    page = open_page(f"/lab/calendar?view=day&day={day}", login="mei")
    page.get_by_role("button", name="新增停用时段").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="新增停用时段").click()
    expect(dialog.get_by_text("请填写").first).to_be_visible()
    for label, hour in (("开始", "16"), ("结束", "18")):
        field = dialog.get_by_label(label)
        field.fill(f"{day} {hour}:00")
        field.press("Enter")
    dialog.get_by_label("原因", exact=True).fill("更换密封圈")
    dialog.get_by_role("button", name="新增停用时段").click()
    listed = page.get_by_role("region", name="停用与检修").first
    row = listed.get_by_role("row").filter(has_text="更换密封圈")
    expect(row).to_contain_text("检修保养")
    expect(page.locator(".ec-event.closed").first).to_be_visible()
    row.locator("[data-reopen]").click()
    page.locator(".ant-popconfirm-buttons").get_by_role("button", name="撤销停用").click()
    expect(row).to_have_count(0)


def test_rows_are_narrowed_by_category_and_the_address_keeps_it(open_page: OpenPage) -> None:
    page = open_page("/lab/calendar", login="bob")
    page.get_by_label("类别").click()
    page.locator(".ant-select-item-option").filter(has_text="计量").first.click()
    expect(page).to_have_url(re.compile("category="))
    expect(page.locator(".ec-row-head")).to_have_count(2)
    expect(page.get_by_role("button", name="新增停用时段")).to_have_count(0)  # a manager's


def test_the_calendar_has_no_serious_fault(open_page: OpenPage) -> None:
    page = open_page("/lab/calendar", login="mei")
    faults = check(page)
    page.goto("/lab/calendar?view=day")
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    page.get_by_role("button", name="新增停用时段").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert faults + check(page) == []


def test_a_workbook_of_reservations_is_tried_before_it_is_taken_in(open_page: OpenPage) -> None:
    day = a_day_ahead(13)
    reserve(open_page("/", login="alice"), BALANCE, day, (9, 11))
    page = open_page(f"/lab/calendar?view=day&day={day}", login="mei")
    found = page.request.get(f"/api/v1/instruments/{instrument_id(page, BALANCE)}").json()
    with page.expect_download() as loading:
        page.get_by_role("link", name="预约模板").click()
    book = openpyxl.load_workbook(io.BytesIO(loading.value.path().read_bytes()))
    sheet = book.worksheets[0]
    sheet.append([found["code"], "alice", f"{day} 13:00", f"{day} 14:00", "旧系统迁移"])
    sheet.append([found["code"], "alice", f"{day} 10:00", f"{day} 12:00", ""])
    choose(page, book)
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("1 条可以预约\uff0c1 条有误")
    expect(asked).to_contain_text("第 3 行“开始时间”")
    expect(asked.get_by_role("button", name="确认导入")).to_be_disabled()
    faults = check(page)
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    asked.get_by_role("button", name="取消").click()

    sheet.delete_rows(3)
    choose(page, book)
    expect(asked).to_contain_text("0 条有误")
    asked.get_by_role("button", name="确认导入").click()
    expect(page.get_by_text("已导入").first).to_be_visible()
    expect(page.get_by_text("旧系统迁移").first).to_be_visible()
    assert faults == []
