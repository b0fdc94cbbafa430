"""The kinds of "no" the domain can say, each in Chinese and in English.

A domain error names what went wrong in words a user may read, and carries a
stable `code` that clients may match on. It knows nothing of HTTP: the api
decides which status each kind becomes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a request; a refusal lists every one it found."""

    code: str
    zh: str
    en: str
    field: str | None = None


class DomainError(Exception):
    """A rule said no. Not a bug: nobody is paged for one of these."""

    code: ClassVar[str]
    zh: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join([self.en, *(problem.en for problem in self.problems)]))


class NotFound(DomainError):
    """The thing asked for does not exist, or this caller may not know it does."""


class Conflict(DomainError):
    """The request is sound but clashes with what is already there."""


class Refused(DomainError):
    """The request breaks a rule, whatever the state of the rest of the system."""


class NotSignedIn(DomainError):
    """Nobody is asking, as far as we can tell."""


class Forbidden(DomainError):
    """The caller may know of the thing but not do this to it."""


class Unavailable(DomainError):
    """Something we need is away; the same request may succeed later."""


class TooMany(DomainError):
    """The caller asks more often than a person would."""
