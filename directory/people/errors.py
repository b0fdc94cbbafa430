"""The ways a sign-in can be turned down."""

from foundation.errors import Forbidden, NotSignedIn, TooMany, Unavailable


class SignInFailed(NotSignedIn):
    """One answer for an unknown name and a wrong password, so that neither can be told."""

    code = "sign_in_failed"
    zh = "账号或密码不正确。"
    en = "The name or the password is wrong."


class SignInRequired(NotSignedIn):
    code = "not_signed_in"
    zh = "请先登录。"
    en = "Please sign in first."


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
