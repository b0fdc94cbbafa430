"""Sealed values: where they open, where they do not, and which key opens them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.privacy.rules import (
    Level,
    fields_above,
    mask_email,
    mask_identity_number,
    mask_name,
    mask_phone,
)
from foundation.encryption import (
    CannotOpen,
    KeyRing,
    Place,
    Suite,
    WeakSecret,
    decrypt,
    encrypt,
    read_or_make_secret,
)

OLD = "an old secret of the deployment, 2025: qwxzjv"
NEW = "a new secret of the deployment, 2026: mnkplo"
HERE = Place("people", "phone", "row-1")
SUITES = list(Suite)


@pytest.mark.parametrize("suite", SUITES)
@given(plain=st.binary(max_size=300))
def test_what_is_sealed_opens_in_its_place(suite: Suite, plain: bytes) -> None:
    ring = KeyRing.of(OLD, suite=suite)

    sealed = ring.seal(plain, HERE)

    assert ring.open(sealed, HERE) == plain
    assert len(plain) < 4 or plain not in sealed


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("people", "phone", "row-2"),
        Place("people", "identity_number", "row-1"),
        Place("registrations", "phone", "row-1"),
    ],
)
def test_value_moved_to_another_place_does_not_open(suite: Suite, elsewhere: Place) -> None:
    ring = KeyRing.of(OLD, suite=suite)
    sealed = ring.seal(b"13800138000", HERE)

    with pytest.raises(CannotOpen):
        ring.open(sealed, elsewhere)


@pytest.mark.parametrize("suite", SUITES)
def test_no_changed_byte_goes_unseen(suite: Suite) -> None:
    ring = KeyRing.of(OLD, suite=suite)
    sealed = ring.seal(b"13800138000", HERE)

    for at in range(len(sealed)):
        changed = sealed[:at] + bytes((sealed[at] ^ 1,)) + sealed[at + 1 :]
        with pytest.raises(CannotOpen):
            ring.open(changed, HERE)
    for length in range(len(sealed)):
        with pytest.raises(CannotOpen):
            ring.open(sealed[:length], HERE)


def test_former_key_opens_and_the_current_one_seals() -> None:
    sealed_then = KeyRing.of(OLD).seal(b"phone", HERE)
    ring = KeyRing.of(NEW, OLD)

    assert ring.open(sealed_then, HERE) == b"phone"
    assert not ring.is_current(sealed_then)
    sealed_now = ring.seal(b"phone", HERE)
    assert ring.is_current(sealed_now)
    assert KeyRing.of(NEW).open(sealed_now, HERE) == b"phone"
    with pytest.raises(CannotOpen):
        KeyRing.of(NEW).open(sealed_then, HERE)


def test_suite_may_change_while_values_of_the_other_still_open() -> None:
    sealed = KeyRing.of(OLD, suite=Suite.AES_256_GCM).seal(b"phone", HERE)
    ring = KeyRing.of(OLD, suite=Suite.SM4_GCM)

    assert ring.open(sealed, HERE) == b"phone"
    assert not ring.is_current(sealed)


def test_aes_agrees_with_the_published_vector() -> None:
    # NIST GCM specification, test case 16 (256-bit key, additional data).
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    expected = (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )

    sealed = encrypt(Suite.AES_256_GCM, key, nonce, plain, bound)

    assert sealed.hex() == expected
    assert decrypt(Suite.AES_256_GCM, key, nonce, sealed, bound) == plain


def test_sm4_agrees_with_the_published_vector() -> None:
    # RFC 8998 appendix A.1.
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = bytes.fromhex(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
        "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    )
    expected = (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )

    assert encrypt(Suite.SM4_GCM, key, nonce, plain, bound).hex() == expected


def test_blind_index_finds_equal_values_of_one_purpose() -> None:
    ring = KeyRing.of(NEW, OLD)

    assert ring.blind_index("A1", "phone") == KeyRing.of(NEW).blind_index("A1", "phone")
    assert ring.blind_index("A1", "phone") != ring.blind_index("A1", "identity_number")
    assert KeyRing.of(OLD).blind_index("A1", "phone") in ring.blind_indexes("A1", "phone")


@pytest.mark.parametrize("weak", ["", "short", "a" * 64, "0123456789" * 3])
def test_secret_that_could_be_guessed_is_refused(weak: str) -> None:
    with pytest.raises(WeakSecret):
        KeyRing.of(weak)


def test_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "made" / "secret.key"

    first = read_or_make_secret(path)

    assert read_or_make_secret(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret.key"]
    KeyRing.of(first)


def test_masks_show_no_more_than_a_list_needs() -> None:
    assert mask_identity_number("320219198801011234") == "3202**********1234"
    assert mask_phone("13812345678") == "138****5678"
    assert mask_name("李思齐") == "李**"
    assert mask_name("李") == "*"
    assert mask_email("alice@example.com") == "a****@example.com"
    assert mask_phone("110") == "***"


def test_export_names_every_field_above_its_level() -> None:
    levels = {"name": Level.L1, "orders": Level.L3, "phone": Level.L4}

    assert fields_above(["name", "orders", "phone", "new"], levels, Level.L2) == [
        ("orders", Level.L3),
        ("phone", Level.L4),
        ("new", Level.L4),
    ]
