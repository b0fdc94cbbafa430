"""The seeded people of the demo: who they are and what they sign in with."""

from api.sign_in import DemoAccount
from directory.roles.rules import Role

DEMO_PASSWORD = "yixiang-demo"  # noqa: S105 - the point of it is to be known

DEMO_ACCOUNTS = (
    DemoAccount(
        login="alice", password=DEMO_PASSWORD, display_name="李思齐 Alice", role=Role.MEMBER
    ),
    DemoAccount(
        login="lin",
        password=DEMO_PASSWORD,
        display_name="林静 Lin",
        role=Role.ENTERPRISE_ADMIN,
    ),
    DemoAccount(
        login="bob", password=DEMO_PASSWORD, display_name="王博文 Bob", role=Role.TECHNICIAN
    ),
    DemoAccount(
        login="mei",
        password=DEMO_PASSWORD,
        display_name="陈梅 Mei",
        role=Role.INSTITUTION_MANAGER,
    ),
    DemoAccount(
        login="xu", password=DEMO_PASSWORD, display_name="徐岚 Xu", role=Role.STATION_STAFF
    ),
    DemoAccount(
        login="oscar", password=DEMO_PASSWORD, display_name="周正 Oscar", role=Role.OPERATOR
    ),
    DemoAccount(login="shen", password=DEMO_PASSWORD, display_name="沈鉴 Shen", role=Role.AUDITOR),
)
