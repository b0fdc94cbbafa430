"""The roles a person may have, and for whom each acts. Pure."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person is there to do. What each route allows is declared at the route."""

    MEMBER = "member"
    """成员: reserves and uses instruments for an enterprise."""
    ENTERPRISE_ADMIN = "enterprise_admin"
    """企业管理员: also sees what the whole enterprise reserved and owes."""
    INSTITUTION_MANAGER = "institution_manager"
    """机主: answers for an institution's instruments and approves their use."""
    TECHNICIAN = "technician"
    SAMPLE_KEEPER = "sample_keeper"
    SIGNATORY = "signatory"
    """授权签字人: approves reports."""
    FINANCE = "finance"
    STATION_STAFF = "station_staff"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    """平台运营: keeps the platform running and its deadlines met."""
    PLATFORM_FINANCE = "platform_finance"
    AUDITOR = "auditor"


ENTERPRISE_ROLES = frozenset({Role.MEMBER, Role.ENTERPRISE_ADMIN})
INSTITUTION_ROLES = frozenset(
    {
        Role.INSTITUTION_MANAGER,
        Role.TECHNICIAN,
        Role.SAMPLE_KEEPER,
        Role.SIGNATORY,
        Role.FINANCE,
    }
)
PLATFORM_ROLES = frozenset({Role.REVIEWER, Role.OPERATOR, Role.PLATFORM_FINANCE, Role.AUDITOR})
ROLE_NAMES: Mapping[Role, tuple[str, str]] = {
    Role.MEMBER: ("企业成员", "enterprise member"),
    Role.ENTERPRISE_ADMIN: ("企业管理员", "enterprise administrator"),
    Role.INSTITUTION_MANAGER: ("机主", "instrument manager"),
    Role.TECHNICIAN: ("实验室技术员", "laboratory technician"),
    Role.SAMPLE_KEEPER: ("样品管理员", "sample keeper"),
    Role.SIGNATORY: ("授权签字人", "authorised signatory"),
    Role.FINANCE: ("机构财务", "institution finance"),
    Role.STATION_STAFF: ("服务站点人员", "station staff"),
    Role.REVIEWER: ("平台审核", "platform reviewer"),
    Role.OPERATOR: ("平台运营", "platform operator"),
    Role.PLATFORM_FINANCE: ("平台财务", "platform finance"),
    Role.AUDITOR: ("审计", "auditor"),
}
