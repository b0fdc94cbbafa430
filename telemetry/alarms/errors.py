"""The ways a verb on alarms says no."""

from foundation.errors import NotFound, Refused


class AlarmNotFound(NotFound):
    code = "alarm_not_found"
    zh = "没有这条告警。"
    en = "There is no such alarm."


class RuleNotFound(NotFound):
    code = "alarm_rule_not_found"
    zh = "没有这条告警规则。"
    en = "There is no such alarm rule."


class RuleRefused(Refused):
    code = "alarm_rule_refused"
    zh = "告警规则不成立。"
    en = "This alarm rule cannot be."


class RecipientNotFound(NotFound):
    code = "alarm_recipient_not_found"
    zh = "没有这个告警接收方。"
    en = "There is no such recipient of alarms."


class RecipientRefused(Refused):
    code = "alarm_recipient_refused"
    zh = "接收地址无效：须为邮箱，或不含密码的 https 地址。"
    en = "This address is neither a mailbox nor https without a password."
