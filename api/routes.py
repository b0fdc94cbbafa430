"""Every router of the api, in the order the document lists them."""

from fastapi import APIRouter

from api import (
    account,
    alarm_setup,
    alarms,
    audit,
    charges,
    confirmations,
    devices,
    files,
    health,
    institutions,
    instruments,
    live,
    quarantine,
    registrations,
    reservations,
    reviews,
    sign_in,
    staff,
    stations,
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
    confirmations.router,
    registrations.router,
    reviews.router,
    institutions.router,
    staff.router,
    stations.router,
    devices.router,
    alarms.router,
    alarm_setup.router,
    quarantine.router,
    live.router,
)
