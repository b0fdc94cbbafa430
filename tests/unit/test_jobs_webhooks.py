"""Web hooks: signed as Standard Webhooks says, and sent to the open internet only."""

import ipaddress
from datetime import UTC, datetime

import pytest

from jobs.webhooks import AddressRefused, Hook, deliver, is_public, sign

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def hook(url: str) -> Hook:
    # The secret and the message of the Standard Webhooks specification's own example.
    return Hook(
        url=url,
        secret="whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        message_id="msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        body=b'{"email":"test@example.com","username":"test_user"}',
        at=datetime.fromtimestamp(1649367553, UTC),
    )


def test_signature_is_what_the_specification_says() -> None:
    headers = sign(hook("https://example.org/"))

    assert headers["webhook-timestamp"] == "1649367553"
    assert headers["webhook-signature"] == "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("172.16.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_public_addresses_are_gone_to(address: str, *, expected: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is expected


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://2130706433/hook",
        "https://0x7f.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "http://8.8.8.8/hook",
        "https://user:password@8.8.8.8/hook",
        "file:///etc/passwd",
        "gopher://8.8.8.8/",
    ],
)
def test_hook_into_our_own_network_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(AddressRefused):
        deliver(hook(url))
