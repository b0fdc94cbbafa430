"""The ways a sign-in through the provider can be turned down."""

from foundation.errors import Conflict, Forbidden, NotFound, Unavailable


class ProviderNotOffered(NotFound):
    code = "provider_not_offered"
    zh = "本平台未接入统一身份认证。"
    en = "No sign-in through another platform is set up here."


class ProviderAway(Unavailable):
    """It is down, slow, or says what no provider should; the log knows which."""

    code = "provider_away"
    zh = "统一身份认证平台暂时不可用，请稍后重试或使用账号密码登录。"
    en = "The sign-in platform is away for the moment; try again, or sign in with your password."


class ProviderRefused(Forbidden):
    code = "provider_refused"
    zh = "统一身份认证平台未确认您的登录。"
    en = "The sign-in platform did not confirm who you are."


class TripUnknown(Forbidden):
    """Begun elsewhere, used before, or too long ago."""

    code = "trip_unknown"
    zh = "本次认证不是从此浏览器发起，或已使用、已过期，请重新登录。"
    en = "This sign-in was not begun in this browser, was used before, or is too old; begin again."


class IdentityTokenRefused(Forbidden):
    """The problems name what is wrong with it; none of its content."""

    code = "identity_token_refused"
    zh = "统一身份认证平台的应答未通过校验，登录已拒绝。"
    en = "The sign-in platform's answer did not stand up to checking; you are not signed in."


class AccountClosed(Forbidden):
    code = "account_closed"
    zh = "绑定的账号已停用。"
    en = "The account linked to this identity is closed."


class AlreadyLinked(Conflict):
    code = "already_linked"
    zh = "该身份已绑定其他账号，或您的账号已绑定另一身份。"
    en = "That identity is linked to another account, or yours to another identity."


class LinkNotFound(NotFound):
    code = "link_not_found"
    zh = "没有这个绑定。"
    en = "There is no such link."
