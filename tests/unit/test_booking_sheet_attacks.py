"""Workbooks made to harm: refused in plain words, before they are unpacked, and quickly."""

import io
import resource
import time
import zipfile
from collections.abc import Mapping

import openpyxl
import pytest

from booking.instruments.errors import SheetRefused
from booking.instruments.sheets import MAGIC, SIZE_MAX, UNPACKED_MAX, read_sheet

SHEET = "xl/worksheets/sheet1.xml"
CONTENTS = "[Content_Types].xml"
UNPACKED = UNPACKED_MAX + 2**20
GROWN_KIB_MAX = 160 * 1024
"""Of the gigabytes that were promised; expat stops entities at a hundredfold."""
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l "lol">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)).replace("&l0;", "&l;")
    + "]><worksheet>&l9;</worksheet>"
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    "<worksheet><sheetData><row><c t='inlineStr'><is><t>&e;</t></is></c></row></sheetData>"
    "</worksheet>"
)


def workbook(instead: Mapping[str, bytes]) -> bytes:
    """A workbook with some of its parts put in the place of others, or beside them."""
    whole = io.BytesIO()
    openpyxl.Workbook().save(whole)
    harmful = io.BytesIO()
    with (
        zipfile.ZipFile(whole) as original,
        zipfile.ZipFile(harmful, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in original.namelist():
            if name not in instead:
                packed.writestr(name, original.read(name))
        for name, content in instead.items():
            packed.writestr(name, content)
    return harmful.getvalue()


def lying(content: bytes) -> bytes:
    """Let the directory of a zip promise that nothing in it is large."""
    return content.replace(UNPACKED.to_bytes(4, "little"), (2**10).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(workbook({SHEET: bytes(UNPACKED)}), "too_large", id="bomb"),
        pytest.param(
            lying(workbook({SHEET: bytes(UNPACKED)})), "not_a_workbook", id="bomb that denies it"
        ),
        pytest.param(workbook({SHEET: LAUGHS.encode()}), "not_a_workbook", id="billion laughs"),
        pytest.param(workbook({SHEET: OUTSIDE.encode()}), "not_a_workbook", id="a file of ours"),
        pytest.param(workbook({SHEET: b"<worksheet><row"}), "not_a_workbook", id="cut xml"),
        pytest.param(workbook({CONTENTS: b"<a"}), "not_a_workbook", id="cut contents"),
        pytest.param(MAGIC + b"\0" * 100, "not_a_workbook", id="zip by magic only"),
        pytest.param(b"%PDF-1.7\n" + workbook({}), "not_a_workbook", id="polyglot"),
        pytest.param(MAGIC + b"x" * SIZE_MAX, "too_large", id="large"),
    ],
)
def test_harmful_workbook_is_refused_before_it_does_harm(content: bytes, code: str) -> None:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()

    with pytest.raises(SheetRefused) as refused:
        read_sheet(content)

    assert [problem.code for problem in refused.value.problems] == [code]
    assert time.monotonic() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWN_KIB_MAX
