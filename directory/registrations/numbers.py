"""Numbers that identify firms and people, and whether one can be one. Pure.

Each function returns None for a sound number, or a code for what is wrong with it.
"""

import re
from datetime import date

PROVINCES = frozenset(
    str(code)
    for block in ((11, 16), (21, 24), (31, 38), (41, 47), (50, 55), (61, 66), (71, 72), (81, 83))
    for code in range(*block)
)
"""GB/T 2260: the first two digits of a region's code."""

# GB 32100-2015: no I, O, S, V, Z, which are misread as digits or U and W.
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC = re.compile(rf"[{USCC_ALPHABET}]{{2}}\d{{6}}[{USCC_ALPHABET}]{{10}}")
# GB 32100 table 1: who registers; the second character is the kind, by authority.
USCC_KINDS = {
    "1": "1239",
    "2": "19",
    "3": "123459",
    "4": "19",
    "5": "1239",
    "6": "129",
    "7": "129",
    "8": "19",
    "9": "123",
    "A": "19",
    "N": "1239",
    "Y": "1",
}
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

IDENTITY = re.compile(r"\d{17}[\dX]")
IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IDENTITY_CHECKS = "10X98765432"
BORN_FROM = date(1880, 1, 1)

PHONE = re.compile(r"1[3-9]\d{9}")
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
CMA = re.compile(r"\d{12}")
CNAS = re.compile(r"CNAS (L|IB|RM|PT|BL|C|V)\d{4,5}")


def fault_of_credit_code(text: str) -> str | None:
    """Judge a unified social credit code (GB 32100), with the organisation code inside it."""
    if not USCC.fullmatch(text):
        return "format"
    if text[1] not in USCC_KINDS.get(text[0], ""):
        return "authority"
    if text[2:4] not in PROVINCES and text[2:4] != "10":  # 10: registered by the state itself
        return "region"
    if organisation_check(text[8:16]) != text[16]:
        return "organisation_check"
    if credit_code_check(text[:17]) != text[17]:
        return "check"
    return None


def credit_code_check(body: str) -> str:
    total = sum(USCC_ALPHABET.index(c) * pow(3, n, 31) for n, c in enumerate(body))
    return USCC_ALPHABET[-total % 31]


def organisation_check(body: str) -> str:
    """Return the ninth character of an organisation code (GB 11714)."""
    values = (ORGANISATION_ALPHABET.index(c) for c in body)
    total = sum(w * v for w, v in zip(ORGANISATION_WEIGHTS, values, strict=True))
    return "0123456789X"[-total % 11]


def fault_of_identity_number(text: str, today: date) -> str | None:
    """Judge a resident identity number (GB 11643)."""
    if not IDENTITY.fullmatch(text):
        return "format"
    if text[:2] not in PROVINCES:
        return "region"
    if not _is_birth_date(text[6:14], today):
        return "birth_date"
    if text[14:17] == "000":
        return "sequence"
    return None if identity_check(text[:17]) == text[17] else "check"


def _is_birth_date(text: str, today: date) -> bool:
    try:
        return BORN_FROM <= date.fromisoformat(text) <= today
    except ValueError:
        return False


def identity_check(body: str) -> str:
    total = sum(w * int(c) for w, c in zip(IDENTITY_WEIGHTS, body, strict=True))
    return IDENTITY_CHECKS[total % 11]


def fault_of_cma_number(text: str, today: date) -> str | None:
    """Judge a CMA certificate's number: 12 digits, the first two a year that has begun.

    Pages disagree on what the digits after mean, so no more is asked of them.
    """
    if not CMA.fullmatch(text):
        return "format"
    return "year" if int(text[:2]) > today.year % 100 else None


def fault_of_cnas_number(text: str) -> str | None:
    return None if CNAS.fullmatch(text) else "format"


def is_phone(text: str) -> bool:
    return PHONE.fullmatch(text) is not None


def is_email(text: str) -> bool:
    return len(text) <= 254 and EMAIL.fullmatch(text) is not None  # noqa: PLR2004 - RFC 5321
