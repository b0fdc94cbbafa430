"""What people are told of their accounts, in words: Chinese first, English beside it. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from directory.roles.rules import ROLE_NAMES, Role
from directory.workdays.rules import ZONE


class AccountKind(StrEnum):
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of notice
    PASSWORD_RENEWED = "password_renewed"  # noqa: S105 - likewise
    """Somebody who answers for the account gave it a new first password."""
    SECOND_FACTOR_SET = "second_factor_set"
    SECOND_FACTOR_TURNED_OFF = "second_factor_turned_off"
    RECOVERY_CODE_USED = "recovery_code_used"
    TOKEN_MADE = "token_made"  # noqa: S105 - likewise
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    NEW_DEVICE = "new_device"
    """A sign-in by a browser that this account was never seen with."""
    SIGN_INS_ENDED = "sign_ins_ended"
    ROLES_CHANGED = "roles_changed"
    ACCOUNT_CLOSED = "account_closed"
    REGISTRATION_APPROVED = "registration_approved"
    REGISTRATION_RETURNED = "registration_returned"
    REGISTRATION_REJECTED = "registration_rejected"
    NAME_CHANGE_APPROVED = "name_change_approved"
    NAME_CHANGE_REJECTED = "name_change_rejected"
    STATION_CLOSED = "station_closed"
    STATION_REOPENED = "station_reopened"


K = AccountKind
BY_PHONE_TOO = frozenset(
    {
        K.PASSWORD_CHANGED,
        K.SECOND_FACTOR_TURNED_OFF,
        K.RECOVERY_CODE_USED,
        K.IDENTITY_LINKED,
        K.NEW_DEVICE,
        K.ACCOUNT_CLOSED,
        K.REGISTRATION_APPROVED,
        K.REGISTRATION_RETURNED,
        K.REGISTRATION_REJECTED,
    }
)
"""What somebody who took the mailbox over must not keep from its owner, and what WX 7.1.1.5
asks to be told within three working days."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a notice of an account is about; what a kind does not speak of stays empty."""

    at: datetime
    name: str = ""
    """Of a token, an organisation, or whoever did it."""
    browser: str = ""
    """As the browser calls itself."""
    address: str = ""
    count: int = 0
    until: datetime | None = None
    roles: Collection[Role] = ()
    why: str = ""


NOT_YOU = (
    "如非本人操作，请立即修改密码并结束全部登录。",
    "If this was not you, change your password and end every sign-in at once.",
)
WORDS: dict[AccountKind, tuple[str, str]] = {
    K.PASSWORD_CHANGED: (
        "您的密码已于 {at} 修改，其他设备上的登录已结束。如非本人操作，请立即联系平台。",
        "Your password was changed on {at}. If this was not you, tell the platform at once.",
    ),
    K.PASSWORD_RENEWED: (
        "{name} 于 {at} 为您的账户设置了新的初始密码，原有登录、访问令牌与双因素登录均已失效。",
        (
            "{name} gave your account a new first password on {at}; every sign-in and token ended, "
            "and the second factor is to be set anew."
        ),
    ),
    K.SECOND_FACTOR_SET: (
        "双因素登录已于 {at} 启用，其他设备上的登录已结束。" + NOT_YOU[0],
        "A second factor was set on {at}, and sign-ins on other devices ended. " + NOT_YOU[1],
    ),
    K.SECOND_FACTOR_TURNED_OFF: (
        "双因素登录已于 {at} 停用，所有登录已结束。" + NOT_YOU[0],
        "Your second factor was turned off on {at}, and every sign-in ended. " + NOT_YOU[1],
    ),
    K.RECOVERY_CODE_USED: (
        "您的一个恢复码已于 {at} 使用。" + NOT_YOU[0],
        "One of your recovery codes was used on {at}. " + NOT_YOU[1],
    ),
    K.TOKEN_MADE: (
        "已生成访问令牌“{name}”，有效至 {until}。" + NOT_YOU[0],
        "The access token “{name}” was made, and holds until {until}. " + NOT_YOU[1],
    ),
    K.IDENTITY_LINKED: (
        "您的账户已于 {at} 绑定统一身份认证，此后可由其登录。" + NOT_YOU[0],
        "Your account was linked to an identity of the sign-in platform on {at}, which may sign in "
        "from now on. " + NOT_YOU[1],
    ),
    K.IDENTITY_UNLINKED: (
        "您的账户已于 {at} 解除统一身份认证的绑定。" + NOT_YOU[0],
        "The link of your account to the sign-in platform was removed on {at}. " + NOT_YOU[1],
    ),
    K.NEW_DEVICE: (
        "您的账户于 {at} 在新设备上登录：{browser}，地址 {address}。" + NOT_YOU[0],
        "Your account was signed in to on {at} by a new device: {browser}, address {address}. "
        + NOT_YOU[1],
    ),
    K.SIGN_INS_ENDED: (
        "您的 {count} 个登录已于 {at} 结束。" + NOT_YOU[0],
        "{count} of your sign-ins were ended on {at}. " + NOT_YOU[1],
    ),
    K.ROLES_CHANGED: (
        "{name} 将您的角色改为：{roles_zh}。",
        "{name} changed your roles to: {roles_en}.",
    ),
    K.ACCOUNT_CLOSED: (
        "您的账户已由 {name} 于 {at} 停用，所有登录与访问令牌同时失效。",
        "{name} closed your account on {at}; every sign-in and token ended with it.",
    ),
    K.REGISTRATION_APPROVED: (
        "您的注册申请（{name}）已通过审核，现在可以使用平台的全部功能。",
        "Your registration ({name}) was approved; the platform is open to you.",
    ),
    K.REGISTRATION_RETURNED: (
        "您的注册申请（{name}）需要补正：{why}。请登录补充后重新提交。",
        "Your registration ({name}) needs more: {why}. Please sign in, add it and submit again.",
    ),
    K.REGISTRATION_REJECTED: (
        "您的注册申请（{name}）未通过审核：{why}。",
        "Your registration ({name}) was turned down: {why}.",
    ),
    K.NAME_CHANGE_APPROVED: (
        "企业更名申请已通过，新名称为：{name}。",
        "The change of name was accepted; the new name is: {name}.",
    ),
    K.NAME_CHANGE_REJECTED: (
        "企业更名申请（{name}）未通过：{why}。",
        "The change of name ({name}) was turned down: {why}.",
    ),
    K.STATION_CLOSED: (
        "服务站点“{name}”已于 {at} 关闭：{why}。关闭期间委托不生效；可另行委托其他站点。",
        (
            "The station “{name}” was closed on {at}: {why}. Until it opens again no entrustment "
            "to it holds; another station may be entrusted."
        ),
    ),
    K.STATION_REOPENED: (
        "服务站点“{name}”已于 {at} 重新开放，尚在期限内的委托恢复生效。",
        "The station “{name}” opened again on {at}; entrustments to it hold within their period.",
    ),
}

BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
UNKNOWN_BROWSER = "?"


def write(kind: AccountKind, facts: Facts) -> tuple[str, str]:
    """Put a notice into words, times by the platform's clock."""
    blanks = {
        "at": _say(facts.at),
        "until": _say(facts.until) if facts.until else "",
        "name": facts.name,
        "browser": name_browser(facts.browser),
        "address": facts.address or UNKNOWN_BROWSER,
        "count": str(facts.count),
        "roles_zh": "、".join(ROLE_NAMES[role][0] for role in sorted(facts.roles)) or "无",
        "roles_en": ", ".join(ROLE_NAMES[role][1] for role in sorted(facts.roles)) or "none",
        "why": facts.why.rstrip("。. "),
    }
    zh, en = WORDS[kind]
    return zh.format(**blanks), en.format(**blanks)


def name_browser(user_agent: str) -> str:
    """Say a browser as people know it: "Chrome · Windows"."""
    found = [
        next((name for mark, name in known if mark in user_agent), None)
        for known in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(name for name in found if name) or UNKNOWN_BROWSER


def same_browser(user_agent: str) -> str:
    """Take the versions out of a browser's name: an update does not make it another device."""
    return re.sub(r"[\d._]+", "", user_agent)


def _say(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}"
