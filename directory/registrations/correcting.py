"""Correcting what an application says, while its applicant still may."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from directory.audit.service import record
from directory.people.service import Caller
from directory.people.tables import Person
from directory.privacy.errors import DataErased
from directory.privacy.vault import Vault
from directory.registrations.errors import ApplicationRefused, WrongState
from directory.registrations.identities import (
    open_field,
    refuse_second_registration,
    seal_identity,
)
from directory.registrations.rules import (
    EDITABLE,
    Application,
    Kind,
    Purpose,
    State,
    find_problems,
)
from directory.registrations.service import SUBJECT, own
from directory.registrations.tables import PersonIdentity, Registration
from directory.workdays.rules import ZONE


def correct(
    vault: Vault,
    registration_id: UUID,
    said: Mapping[str, Any],
    *,
    caller: Caller,
    now: datetime,
) -> Registration:
    """Put what is `said` in place of what the application said before; the rest stays.

    Raises:
        RegistrationNotFound: when it is not the caller's.
        WrongState: while it is being reviewed, or after.
        ApplicationRefused: with everything that is wrong, at once.
        AlreadyRegistered: when the corrected identity has an account.
    """
    session = vault.session
    registration = own(session, registration_id, caller)
    if State(registration.state) not in EDITABLE:
        raise WrongState
    person = session.get_one(Person, registration.person_id, with_for_update=True)
    former = _read(vault, registration, person)
    application = replace(former, **said)
    if problems := find_problems(application, now.astimezone(ZONE).date()):
        raise ApplicationRefused(problems)
    if application.identity_number != former.identity_number:
        refuse_second_registration(vault, application)
    seal_identity(vault, person, application, now)
    person.display_name = application.display_name.strip()
    registration.organisation = application.organisation.strip()
    registration.credit_code = application.credit_code
    record(
        session,
        actor_id=caller.person_id,
        action="registration.correct",
        subject_kind=SUBJECT,
        subject_id=registration.id,
        now=now,
        fields=sorted(said),
    )
    session.flush()
    return registration


def _read(vault: Vault, registration: Registration, person: Person) -> Application:
    identity = vault.session.get(PersonIdentity, person.id)
    if identity is None:
        raise DataErased
    return Application(
        kind=Kind(registration.kind),
        display_name=person.display_name,
        real_name=open_field(vault, identity, "real_name"),
        identity_number=open_field(vault, identity, "identity_number"),
        phone=open_field(vault, identity, "phone"),
        email=open_field(vault, identity, "email"),
        organisation=registration.organisation,
        credit_code=registration.credit_code,
        consents=tuple(Purpose),  # given when the application was made
    )
