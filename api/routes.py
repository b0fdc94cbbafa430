"""Every router of the api, in the order the document lists them."""

from fastapi import APIRouter

from api import account, health, sign_in, workdays

ROUTERS: tuple[APIRouter, ...] = (
    sign_in.router,
    account.router,
    health.router,
    workdays.router,
)
