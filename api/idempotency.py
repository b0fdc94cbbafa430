"""The same request twice has one effect and one answer."""

import hashlib
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import column, select, text
from sqlalchemy.orm import Session

from api.identity import caller_of_request
from directory.people.errors import SignInRequired
from foundation.clock import read_clock
from foundation.errors import Refused
from foundation.idempotency import IdempotencyKey

View = TypeVar("View", bound=BaseModel)


# As text: two short statements of every command, and not worth a compiler's time.
ADD = text("""
INSERT INTO idempotency_keys (caller_id, route, key, request_hash, created_at)
VALUES (:caller_id, :route, :key, :request_hash, :created_at)
ON CONFLICT DO NOTHING RETURNING key
""").columns(column("key"))
ANSWER = text("""
UPDATE idempotency_keys SET status = 201, response = CAST(:response AS jsonb)
WHERE caller_id = :caller_id AND route = :route AND key = :key
""")


class KeyReused(Refused):
    code = "idempotency_key_reused"
    zh = "该幂等键已用于另一个请求。"
    en = "This idempotency key was used for another request."


class OneAnswer:
    """Answers a request once for each key of a caller, whatever is retried or raced.

    The key's row is inserted in the transaction of the effect: a racing duplicate waits
    on it, then finds the answer. A refusal rolls the row back, so a later retry is judged
    anew.
    """

    def __init__(self, request: Request, response: Response) -> None:
        self._request = request
        self._response = response
        self._route = f"{request.method} {request.url.path}"
        self._key = request.headers["idempotency-key"]

    def answer(
        self,
        transaction: Session,
        body: BaseModel,
        view: type[View],
        perform: Callable[[], View],
    ) -> View:
        """Perform and remember, or give the answer that was given before.

        Raises:
            SignInRequired: when nobody is asking.
            KeyReused: when the key came before with another body.
        """
        caller = caller_of_request(self._request)
        if caller is None:
            raise SignInRequired
        request_hash = hashlib.sha256(body.model_dump_json().encode()).digest()
        mine = {"caller_id": caller.person_id, "route": self._route, "key": self._key}
        is_new = transaction.execute(
            ADD, {**mine, "request_hash": request_hash, "created_at": read_clock()}
        ).one_or_none()
        if is_new is not None:
            given = perform()
            transaction.flush()
            transaction.execute(ANSWER, {**mine, "response": given.model_dump_json()})
            return given
        former = transaction.scalars(select(IdempotencyKey).filter_by(**mine)).one()
        if former.request_hash != request_hash:
            raise KeyReused
        self._response.headers["Idempotency-Replayed"] = "true"
        return view.model_validate(former.response)


async def answer_once(
    request: Request,
    response: Response,
    _key: Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)],
) -> OneAnswer:
    return OneAnswer(request, response)


Once = Annotated[OneAnswer, Depends(answer_once, scope="function")]
