"""Alice, Bob, Carol and the others: who they are, and what they may do.

Alice is a member of an enterprise; Bob is a technician and Mei the manager of the institution
whose instrument she uses; Carol is a member of another enterprise, and Dan a technician of
another institution: neither may see anything of hers. Oscar operates the platform.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from directory.enterprises.tables import Enterprise
from directory.institutions.tables import Institution
from directory.people.tables import Person
from directory.roles.rules import Role
from tests import make


@dataclass(frozen=True)
class Cast:
    """Everyone a test may need, and whom they act for."""

    enterprise: Enterprise
    other_enterprise: Enterprise
    institution: Institution
    other_institution: Institution
    alice: Person
    bob: Person
    mei: Person
    carol: Person
    dan: Person
    oscar: Person


def assemble(session: Session) -> Cast:
    enterprise = make.enterprise(session, name="爱丽丝的企业")
    other_enterprise = make.enterprise(session, name="卡罗尔的企业")
    institution = make.institution(session, name_zh="鲍勃的机构")
    other_institution = make.institution(session, name_zh="丹的机构")
    return Cast(
        enterprise=enterprise,
        other_enterprise=other_enterprise,
        institution=institution,
        other_institution=other_institution,
        alice=make.person(session, Role.MEMBER, enterprise=enterprise),
        bob=make.person(session, Role.TECHNICIAN, institution=institution),
        mei=make.person(session, Role.INSTITUTION_MANAGER, institution=institution),
        carol=make.person(session, Role.MEMBER, enterprise=other_enterprise),
        dan=make.person(session, Role.TECHNICIAN, institution=other_institution),
        oscar=make.person(session, Role.OPERATOR),
    )
