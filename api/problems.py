"""Domain errors as RFC 9457 problem documents. The one place that knows statuses."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from starlette.exceptions import HTTPException

from foundation.errors import (
    Conflict,
    DomainError,
    Forbidden,
    NotFound,
    NotSignedIn,
    Problem,
    Refused,
    TooMany,
    Unavailable,
)
from foundation.logs import get_log

log = get_log("api")

STATUS_OF: dict[type[DomainError], int] = {
    NotSignedIn: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Refused: 422,
    TooMany: 429,
    Unavailable: 503,
}
RETRY_AFTER_S = {429: "30", 503: "5"}


class ProblemView(BaseModel):
    """One fault of a request."""

    code: str
    detail_zh: str
    detail_en: str
    field: str | None = None


class ProblemDocument(BaseModel):
    """RFC 9457 problem details; clients match on `code`, people read the rest."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    detail_zh: str
    detail_en: str
    problems: list[ProblemView]
    request_id: str


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "model": ProblemDocument,
        "description": description,
        "content": {"application/problem+json": {}},
    }
    for status, description in {
        401: "not signed in",
        403: "not allowed",
        404: "not found",
        409: "clashes with what is there",
        422: "breaks a rule; every problem is listed",
        429: "too many requests",
        503: "try again later",
    }.items()
}


class MalformedRequest(Refused):
    code = "malformed_request"
    zh = "请求格式不正确。"
    en = "The request is malformed."


class InternalFault(Unavailable):
    code = "internal_fault"
    zh = "系统内部错误，已记录。"
    en = "Something broke on our side; it has been recorded."


class DatabaseAway(Unavailable):
    code = "database_away"
    zh = "数据库暂时不可用，请稍后重试。"
    en = "The database is away for the moment; please try again."


class NoSuchPage(NotFound):
    code = "not_found"
    zh = "没有这个地址。"
    en = "There is nothing at this address."


class MethodNotAllowed(Refused):
    code = "method_not_allowed"
    zh = "该地址不支持此方法。"
    en = "This address does not take that method."


def status_of(error: DomainError) -> int:
    return next(status for kind, status in STATUS_OF.items() if isinstance(error, kind))


def document(error: DomainError, request: Request, *, status: int | None = None) -> JSONResponse:
    """Render one refusal. The detail follows the language the client prefers."""
    code = status if status is not None else status_of(error)
    prefers_english = request.headers.get("accept-language", "zh").lower().startswith("en")
    body = ProblemDocument(
        type=f"/problems/{error.code}",
        title=error.code,
        status=code,
        code=error.code,
        detail=error.en if prefers_english else error.zh,
        detail_zh=error.zh,
        detail_en=error.en,
        problems=[
            ProblemView(
                code=problem.code, detail_zh=problem.zh, detail_en=problem.en, field=problem.field
            )
            for problem in error.problems
        ],
        request_id=getattr(request.state, "request_id", str(uuid4())),
    )
    headers = {"Retry-After": RETRY_AFTER_S[code]} if code in RETRY_AFTER_S else None
    return JSONResponse(body.model_dump(), code, headers, media_type="application/problem+json")


def render_domain_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)
    log.info("request refused", code=error.code, problems=[p.code for p in error.problems])
    return document(error, request)


def render_malformed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = [
        Problem(
            code=fault["type"],
            zh=f"字段无效：{fault['msg']}",
            en=fault["msg"],
            field=".".join(str(part) for part in fault["loc"]),
        )
        for fault in error.errors()
    ]
    return document(MalformedRequest(problems), request)


def render_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return document(NoSuchPage(), request)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return document(MethodNotAllowed(), request, status=error.status_code)
    # A body in parts that are none: malformed as any other, so by the status of all such.
    return document(MalformedRequest(), request)


def render_database_away(request: Request, error: Exception) -> JSONResponse:
    log.error("database away", error=str(error))
    return document(DatabaseAway(), request)


class UnknownReference(Refused):
    code = "unknown_reference"
    zh = "请求中引用的对象不存在。"
    en = "The request names something that is not there."


class AlreadyThere(Conflict):
    code = "already_there"
    zh = "相同的对象已存在。"
    en = "There is one like this already."


FOREIGN_KEY, UNIQUE = "23503", "23505"


def render_violation(request: Request, error: Exception) -> JSONResponse:
    """A constraint of the database caught what no rule above looked for."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if state not in {FOREIGN_KEY, UNIQUE}:
        return render_bug(request, error)
    log.info("constraint violated", sqlstate=state, path=request.url.path)
    return document(UnknownReference() if state == FOREIGN_KEY else AlreadyThere(), request)


def render_unstorable(request: Request, error: Exception) -> JSONResponse:
    """A value the database cannot hold: a zero byte in a text, a number too large."""
    log.info("value cannot be stored", error=type(error).__name__, path=request.url.path)
    return document(MalformedRequest(), request)


def render_bug(request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected failure", exc_info=error, path=request.url.path)
    return document(InternalFault(), request, status=500)


def install(app: FastAPI) -> None:
    app.add_exception_handler(DomainError, render_domain_error)
    app.add_exception_handler(RequestValidationError, render_malformed)
    app.add_exception_handler(HTTPException, render_http)
    app.add_exception_handler(OperationalError, render_database_away)
    app.add_exception_handler(IntegrityError, render_violation)
    app.add_exception_handler(DataError, render_unstorable)
    app.add_exception_handler(Exception, render_bug)
