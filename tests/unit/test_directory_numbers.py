"""Identity numbers and credit codes: published ones, and python-stdnum as an oracle."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from directory.registrations.numbers import (
    IDENTITY_CHECKS,
    PROVINCES,
    USCC_ALPHABET,
    credit_code_check,
    fault_of_cma_number,
    fault_of_cnas_number,
    fault_of_credit_code,
    fault_of_identity_number,
    identity_check,
    is_email,
    is_phone,
    organisation_check,
)

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    "published",
    [
        "91110000600037341L",  # the example of python-stdnum
        "91350100M000100Y43",  # the example of GB 32100-2015, annex A
        "914403001922038216",  # Huawei
        "91440300708461136T",  # Tencent
        "91330100799655058B",  # Alibaba
    ],
)
def test_published_credit_code_is_sound(published: str) -> None:
    assert fault_of_credit_code(published) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("91350100M000100Y4", "format"),
        ("91350100M000100Y4O", "format"),
        ("91350100m000100y43", "format"),
        ("99350100M000100Y43", "authority"),
        ("91990100M000100Y43", "region"),
        ("91350100M000100Y53", "organisation_check"),
        ("91350100M000100Y44", "check"),
        ("123456789012345678", "organisation_check"),  # stdnum takes this one; it is nobody's
    ],
)
def test_fault_of_a_credit_code_is_named(text: str, fault: str) -> None:
    assert fault_of_credit_code(text) == fault


def test_organisation_code_agrees_with_the_standard() -> None:
    # GB 11714-1997: D2143569 has the check character X.
    assert organisation_check("D2143569") == "X"


@given(body=st.text(USCC_ALPHABET, min_size=15, max_size=15))
def test_check_of_a_credit_code_agrees_with_stdnum(body: str) -> None:
    whole = "91" + body

    assert credit_code_check(whole) == uscc.calc_check_digit(whole)


@given(
    province=st.sampled_from(sorted(PROVINCES - {"71", "81", "82"})),
    county=st.integers(100, 9999),
    organisation=st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8),
)
def test_code_we_take_is_one_that_stdnum_takes(
    province: str, county: int, organisation: str
) -> None:
    body = f"91{province}{county:04d}{organisation}{organisation_check(organisation)}"
    code = body + credit_code_check(body)

    assert fault_of_credit_code(code) is None
    assert uscc.is_valid(code)


@pytest.mark.parametrize("published", ["360426199101010071", "11010519491231002X"])
def test_published_identity_number_is_sound(published: str) -> None:
    assert fault_of_identity_number(published, TODAY) is None
    assert ric.is_valid(published)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("11010519491231002x", "format"),
        ("1101051949123100", "format"),
        ("99010519491231002X", "region"),
        ("110105194902300022", "birth_date"),
        ("110105202711210022", "birth_date"),
        ("11010519491231000X", "sequence"),
        ("110105194912310021", "check"),
    ],
)
def test_fault_of_an_identity_number_is_named(text: str, fault: str) -> None:
    assert fault_of_identity_number(text, TODAY) == fault


@given(
    county=st.sampled_from(["110101", "110105", "110108"]),
    born=st.dates(date(1920, 1, 1), TODAY),
    number=st.integers(1, 999),
    check=st.sampled_from(IDENTITY_CHECKS),
)
def test_identity_number_is_judged_as_stdnum_does(
    county: str, born: date, number: int, check: str
) -> None:
    text = f"{county}{born:%Y%m%d}{number:03d}{check}"

    assert (fault_of_identity_number(text, TODAY) is None) == ric.is_valid(text)
    assert (identity_check(text[:17]) == check) == (ric.calc_check_digit(text) == check)


def test_certificate_numbers_have_their_forms() -> None:
    assert fault_of_cma_number("231000123456", TODAY) is None
    assert fault_of_cma_number("23100012345", TODAY) == "format"
    assert fault_of_cma_number("991000123456", TODAY) == "year"
    assert fault_of_cnas_number("CNAS L12345") is None
    assert fault_of_cnas_number("CNASL12345") == "format"


def test_phones_and_addresses_have_their_forms() -> None:
    assert [is_phone(text) for text in ("13812345678", "12812345678", "1381234567", "")] == [
        True,
        False,
        False,
        False,
    ]
    assert is_email("li.siqi+lab@example.com.cn")
    assert not any(is_email(text) for text in ("a@b", "a b@c.cn", "@c.cn", "a@c..cn", "a" * 260))
