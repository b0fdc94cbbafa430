"""The ways a sign-in can be turned down."""

from foundation.errors import (
    Conflict,
    Forbidden,
    NotFound,
    NotSignedIn,
    Refused,
    TooMany,
    Unavailable,
)


class SignInFailed(NotSignedIn):
    """One answer for an unknown name and a wrong password, so that neither can be told."""

    code = "sign_in_failed"
    zh = "账号或密码不正确。"
    en = "The name or the password is wrong."


class SignInRequired(NotSignedIn):
    code = "not_signed_in"
    zh = "请先登录。"
    en = "Please sign in first."


class SignInIdle(NotSignedIn):
    code = "sign_in_idle"
    zh = "长时间未操作，登录已结束，请重新登录。"
    en = "You were away for long, so your sign-in ended; please sign in again."


class NotAllowed(Forbidden):
    code = "not_allowed"
    zh = "您的角色不能进行此操作。"
    en = "Your role may not do this."


class TooManySignIns(TooMany):
    code = "too_many_sign_ins"
    zh = "登录尝试过于频繁，请稍后再试。"
    en = "Too many attempts to sign in; please wait a little."


class SignInBusy(Unavailable):
    code = "sign_in_busy"
    zh = "登录人数较多，请稍后重试。"
    en = "Many people are signing in; please try again in a moment."


class SecondFactorRequired(NotSignedIn):
    code = "second_factor_required"
    zh = "请输入身份验证器上的动态码。"
    en = "Enter the code your authenticator shows."


class SecondFactorWrong(NotSignedIn):
    code = "second_factor_wrong"
    zh = "动态码或恢复码不正确，或已使用过。"
    en = "The code is wrong, or was used before."


class SecondFactorMissing(Forbidden):
    code = "second_factor_missing"
    zh = "您的角色须先设置双因素登录。"
    en = "Your role needs a second factor; please set one up first."


class SecondFactorSet(Conflict):
    code = "second_factor_set"
    zh = "已设置双因素登录，请先停用。"
    en = "A second factor is set already; turn it off first."


class SecondFactorNotBegun(Conflict):
    code = "second_factor_not_begun"
    zh = "请先开始设置双因素登录。"
    en = "Begin to set up a second factor first."


class RecoveryRefused(Forbidden):
    code = "recovery_refused"
    zh = "账号与该联系方式不符，或验证码尚未通过。"
    en = "This is no address of this account, or it was not confirmed."


class OwnAccount(Conflict):
    code = "own_account"
    zh = "自己的密码请在“账户”页修改。"
    en = "One's own password is changed on the page of one's account."


class RecoversAlone(Conflict):
    code = "recovers_alone"
    zh = "该人员已实名，可凭自己的手机或邮箱找回密码，他人不能代设。"
    en = "They set a new password by a code to their own phone or mailbox; nobody else does it."


class PasswordExpired(Forbidden):
    code = "password_expired"
    zh = "密码已过期，或是他人设置的初始密码，请先修改密码。"
    en = "Your password has expired, or somebody else chose it; please change it first."


class PasswordRefused(Refused):
    code = "password_refused"
    zh = "新密码不符合要求。"
    en = "The new password will not do."


class OnlyInPerson(Forbidden):
    code = "only_in_person"
    zh = "访问令牌不能进行此操作，请登录后操作。"
    en = "A token may not do this; please sign in."


class ScopeMissing(Forbidden):
    code = "scope_missing"
    zh = "访问令牌没有此项权限。"
    en = "The token's scopes do not cover this."


class ScopeUnknown(Refused):
    code = "scope_unknown"
    zh = "没有这种权限范围。"
    en = "There is no such scope."


class TokenNotFound(NotFound):
    code = "token_not_found"
    zh = "没有这个访问令牌。"
    en = "There is no such token."


class SignInNotFound(NotFound):
    code = "sign_in_not_found"
    zh = "没有这个登录。"
    en = "There is no such sign-in."


class TooManyRequests(TooMany):
    code = "too_many_requests"
    zh = "请求过于频繁，请稍后再试。"
    en = "Too many requests; please wait a little."


class TooManyTokens(Refused):
    code = "too_many_tokens"
    zh = "访问令牌数量已达上限，请先撤销不用的。"
    en = "You have as many tokens as one may; revoke one first."


class LoginTaken(Conflict):
    code = "login_taken"
    zh = "该账号已被使用。"
    en = "This name is taken."


class LastOfRole(Conflict):
    code = "last_administrator"
    zh = "至少须保留一名管理员，请先将该角色交给他人。"
    en = "Somebody must stay in charge; give this role to another person first."
