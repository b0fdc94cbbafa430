"""One request, one transaction, committed before the answer."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.orm import Session


def open_transaction(request: Request) -> Iterator[Session]:
    with request.app.state.session_factory.begin() as session:
        yield session


def open_reading(request: Request) -> Iterator[Session]:
    with request.app.state.session_factory.begin() as session:
        session.execute(text("SET TRANSACTION READ ONLY"))
        yield session


# scope="function" makes the commit happen before the response is sent. With the
# default scope the client is told 201 first, and a failed commit is never heard.
Transaction = Annotated[Session, Depends(open_transaction, scope="function")]
"""For commands."""
ReadOnly = Annotated[Session, Depends(open_reading, scope="function")]
"""For questions: the database itself refuses a write."""
