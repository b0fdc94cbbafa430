"""Who may see a reservation, and who may move it on."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.reservations.errors import NotYours, ReservationNotFound
from booking.reservations.states import ReservationState
from booking.reservations.tables import Reservation
from directory.people.service import Caller
from directory.roles.rules import Role
from directory.stations.rules import Scope
from foundation.identifiers import EnterpriseId, ReservationId

STAFF = (Role.TECHNICIAN, Role.INSTITUTION_MANAGER)


def _is_of_lab(by: Caller, reservation: Reservation, *roles: Role) -> bool:
    return by.institution_id == reservation.institution_id and by.has(*roles)


def _is_of_payer(by: Caller, reservation: Reservation) -> bool:
    return by.enterprise_id == reservation.enterprise_id


def is_staff_of(by: Caller, reservation: Reservation) -> bool:
    return _is_of_lab(by, reservation, *STAFF)


def is_manager_of(by: Caller, reservation: Reservation) -> bool:
    return _is_of_lab(by, reservation, Role.INSTITUTION_MANAGER)


def is_client_of(by: Caller, reservation: Reservation) -> bool:
    """Whether it is theirs, or one's they act for: an administrator, or an entrusted station."""
    if reservation.enterprise_id in by.entrusted_with(Scope.RESERVATIONS):
        return True
    is_own = by.person_id in {reservation.holder_id, reservation.made_by}
    return _is_of_payer(by, reservation) and (is_own or by.has(Role.ENTERPRISE_ADMIN))


def is_endorser_of(by: Caller, reservation: Reservation) -> bool:
    """Whether they administer the enterprise that pays."""
    return _is_of_payer(by, reservation) and by.has(Role.ENTERPRISE_ADMIN)


def needs_endorsement(by: Caller, enterprise_id: EnterpriseId) -> bool:
    """Whether the enterprise's administrator is asked first: never of what they do themselves."""
    if client := by.clients.get(enterprise_id):
        return client.needs_endorsement
    return by.needs_endorsement and not by.has(Role.ENTERPRISE_ADMIN)


def is_shown_to_lab(reservation: Reservation) -> bool:
    """Whether it came to the lab: not before its own enterprise says yes."""
    return reservation.state != ReservationState.PROPOSED


def may_see(by: Caller, reservation: Reservation) -> bool:
    """Whether this person may know of it: their own, their enterprise's, their institution's."""
    if is_client_of(by, reservation) or by.has(Role.OPERATOR, Role.AUDITOR):
        return True
    is_labs = _is_of_lab(by, reservation, *STAFF, Role.FINANCE)
    return is_labs and is_shown_to_lab(reservation)


def may_act(by: Caller, reservation: Reservation) -> bool:
    """Whether this person may move it on. The platform looks, but does not touch."""
    if is_client_of(by, reservation):
        return True
    return is_staff_of(by, reservation) and is_shown_to_lab(reservation)


def load_for(session: Session, reservation_id: ReservationId, by: Caller) -> Reservation:
    """Return the reservation for one who may act on it.

    Raises:
        ReservationNotFound: also for those who may not know of it.
        NotYours: for those who may look but not touch.
    """
    reservation = session.scalar(select(Reservation).where(Reservation.id == reservation_id))
    if reservation is None or not may_see(by, reservation):
        raise ReservationNotFound
    if not may_act(by, reservation):
        raise NotYours
    return reservation


def load_for_manager(session: Session, reservation_id: ReservationId, by: Caller) -> Reservation:
    """Return the reservation for a manager of its institution."""
    reservation = load_for(session, reservation_id, by)
    if not is_manager_of(by, reservation):
        raise NotYours
    return reservation


def load_for_client(session: Session, reservation_id: ReservationId, by: Caller) -> Reservation:
    reservation = load_for(session, reservation_id, by)
    if not is_client_of(by, reservation):
        raise NotYours
    return reservation
