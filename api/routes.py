"""Every router of the api, in the order the document lists them."""

from fastapi import APIRouter

from api import account, audit, charges, health, instruments, reservations, sign_in, workdays

ROUTERS: tuple[APIRouter, ...] = (
    sign_in.router,
    account.router,
    health.router,
    instruments.router,
    reservations.router,
    charges.router,
    workdays.router,
    audit.router,
)
