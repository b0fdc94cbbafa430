"""What the browser's tests of a lease need done before: reserving and deciding by http."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from playwright.sync_api import APIRequestContext, Page, expect

QUARTER = timedelta(minutes=15)
ASKS_FIRST = {"needs_approval": True, "confirm_after_s": 86_400}
"""The manager approves, and nothing is confirmed before a person looked at it."""


def find_instrument(request: APIRequestContext, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one
        for one in request.get("/api/v1/instruments", params={"q": name}).json()["items"]
        if one["name_zh"] == name
    )
    return found


def ask_first(request: APIRequestContext, instrument: dict[str, Any], **terms: object) -> None:
    """Let a manager's instrument ask before it is reserved."""
    set_terms(request, instrument, **ASKS_FIRST | terms)


def set_terms(request: APIRequestContext, instrument: dict[str, Any], **terms: object) -> None:
    """Give a manager's instrument terms of its own."""
    body = {"instrument_id": instrument["id"], "terms": terms}
    answer = request.put("/api/v1/booking-policies", data=body)
    assert answer.ok, answer.text()


def coming_quarter() -> datetime:
    """The next quarter of an hour: check-in for it is open already."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    return now + QUARTER - timedelta(minutes=now.minute % 15)


def free_slot(
    request: APIRequestContext, instrument: dict[str, Any], *, days: int, hours: float = 1
) -> tuple[datetime, datetime]:
    """The first free slot, on the hour, from so many days ahead."""
    after = coming_quarter() + timedelta(days=days)
    params: dict[str, str | float | bool] = {
        "from": after.isoformat(),
        "to": (after + timedelta(days=5)).isoformat(),
    }
    calendar = request.get(f"/api/v1/instruments/{instrument['id']}/calendar", params=params)
    for span in calendar.json()["free"]:
        starts_at = datetime.fromisoformat(span["starts_at"]) + timedelta(hours=1, seconds=-1)
        starts_at = starts_at.replace(minute=0, second=0, microsecond=0)
        ends_at = starts_at + timedelta(hours=hours)
        if ends_at <= datetime.fromisoformat(span["ends_at"]):
            return starts_at, ends_at
    raise AssertionError("nothing is free for five days")


def reserve(
    request: APIRequestContext, instrument: dict[str, Any], slot: tuple[datetime, datetime]
) -> str:
    answer = request.post(
        "/api/v1/reservations",
        data={
            "instrument_id": instrument["id"],
            "starts_at": slot[0].isoformat(),
            "ends_at": slot[1].isoformat(),
        },
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert answer.status == 201, answer.text()
    return str(answer.json()["id"])


def open_slot(
    page: Page, instrument: dict[str, Any], slot: tuple[datetime, datetime]
) -> tuple[datetime, datetime]:
    """Open the instrument's page with a slot chosen, and wait for its price."""
    chosen = urlencode({"from": slot[0].isoformat(), "to": slot[1].isoformat()})
    page.goto(f"/instruments/{instrument['id']}?{chosen}")
    expect(page.locator("[data-estimate]")).to_contain_text("¥")
    return slot


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list that opens."""
    page.get_by_label(label, exact=True).click()
    shown = page.locator(".ant-select-dropdown:visible .ant-select-item-option")
    shown.filter(has_text=option).click()


def expect_state(page: Page, state: str, *, within_s: float = 15) -> None:
    """Wait until the page of a reservation shows this state."""
    shown = page.locator("[data-reservation]").first
    expect(shown).to_have_attribute("data-state", state, timeout=within_s * 1000)


def give_reason(page: Page, button: str, reason: str) -> None:
    """Press a button that asks why, and say why."""
    page.get_by_role("button", name=button, exact=True).first.click()
    asking = page.locator(".ant-popover:visible")
    asking.get_by_role("textbox").fill(reason)
    asking.get_by_role("button", name=button, exact=True).click()


def press_and_confirm(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).first.click()
    page.locator(".ant-popconfirm-buttons:visible").get_by_role(
        "button", name=button, exact=True
    ).click()
