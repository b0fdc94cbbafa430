"""Who people really are: sealed, found by blind indexes, opened field by field."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from directory.people.tables import Person
from directory.privacy.vault import Vault
from directory.registrations.errors import AlreadyRegistered
from directory.registrations.rules import Application
from directory.registrations.tables import PersonIdentity
from foundation.encryption import Place

SEALED_FIELDS = ("real_name", "identity_number", "phone", "email")


def seal_identity(vault: Vault, person: Person, application: Application, now: datetime) -> None:
    """Seal who somebody really is, in place of what was sealed of them before."""

    def seal(column: str, text: str) -> bytes:
        place = Place("person_identities", column, str(person.id))
        return vault.seal(text, subject=person.id, place=place, now=now)

    index = vault.ring.blind_index
    vault.session.merge(
        PersonIdentity(
            person_id=person.id,
            real_name=seal("real_name", application.real_name.strip()),
            identity_number=seal("identity_number", application.identity_number),
            identity_index=index(application.identity_number, "identity_number"),
            phone=seal("phone", application.phone),
            phone_index=index(application.phone, "phone"),
            email=seal("email", application.email.lower()),
            email_index=index(application.email.lower(), "email"),
        )
    )


def open_field(vault: Vault, identity: PersonIdentity, column: str) -> str:
    """Return one sealed field of an identity in the clear."""
    place = Place("person_identities", column, str(identity.person_id))
    return vault.open(getattr(identity, column), subject=identity.person_id, place=place)


def index_identities(vault: Vault, person_ids: Sequence[UUID]) -> None:
    """Make these people's identities findable by the current key, and no longer by former ones."""
    query = select(PersonIdentity).where(PersonIdentity.person_id.in_(person_ids))
    for identity in vault.session.scalars(query):
        number, phone, email = (
            open_field(vault, identity, column) for column in ("identity_number", "phone", "email")
        )
        identity.identity_index = vault.ring.blind_index(number, "identity_number")
        identity.phone_index = vault.ring.blind_index(phone, "phone")
        identity.email_index = vault.ring.blind_index(email, "email")


def refuse_second_registration(vault: Vault, application: Application) -> None:
    """Refuse an identity that has an account, or an application under way.

    Raises:
        AlreadyRegistered: in that case.
    """
    # An applicant may not read others' identities; this function of the database only
    # says whether one of them is this one.
    indexes = vault.ring.blind_indexes(application.identity_number, "identity_number")
    if vault.session.scalar(
        text("SELECT is_identity_registered(:indexes, :kind)"),
        {"indexes": indexes, "kind": application.kind},
    ):
        raise AlreadyRegistered
