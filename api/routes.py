"""Every router of the api, in the order the document lists them."""

from fastapi import APIRouter

from api import (
    account,
    alarms,
    audit,
    charges,
    devices,
    files,
    health,
    instruments,
    live,
    quarantine,
    reservations,
    sign_in,
    workdays,
)

ROUTERS: tuple[APIRouter, ...] = (
    sign_in.router,
    account.router,
    health.router,
    instruments.router,
    reservations.router,
    charges.router,
    workdays.router,
    audit.router,
    files.router,
    devices.router,
    alarms.router,
    quarantine.router,
    live.router,
)
