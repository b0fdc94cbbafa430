"""Which roles go together for those who work for the platform or a station. Pure."""

from collections.abc import Collection

from directory.roles.rules import PLATFORM_ROLES, Role
from foundation.errors import Problem


def find_problems(roles: Collection[Role], *, at_station: bool) -> list[Problem]:
    """Return everything that speaks against giving somebody these roles."""
    if at_station:
        return [] if set(roles) == {Role.STATION_STAFF} else [_not_here("站点", "a station")]
    problems = []
    if not roles or not PLATFORM_ROLES.issuperset(roles):
        problems.append(_not_here("平台", "the platform"))
    if Role.AUDITOR in roles and len(set(roles)) > 1:
        # 等保 2.0, three powers apart: who reads the trail has no act of their own in it.
        problems.append(
            Problem(
                "auditor_alone",
                "审计不得兼任其他角色",
                "an auditor has no other role",
                "roles",
            )
        )
    return problems


def _not_here(zh: str, en: str) -> Problem:
    return Problem("role", f"不是{zh}的角色", f"no role of {en}", "roles")
