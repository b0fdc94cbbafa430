"""The ways a credential is turned down."""

from foundation.errors import Forbidden, NotFound


class CredentialNotFound(NotFound):
    code = "credential_not_found"
    zh = "没有这个采集设备或网关。"
    en = "There is no device or gateway of this name."


class HookSecretWrong(Forbidden):
    code = "hook_secret_wrong"
    zh = "消息代理的校验密钥不正确。"
    en = "The broker's secret is wrong."
