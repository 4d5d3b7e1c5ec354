"""Mobile numbers however they are written, and those to which no short message goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.identifiers.mobile import masked_mobile, read_mobile
from zhihai.ground.refusal import Refused


@pytest.mark.parametrize(
    "written",
    ["13912345678", "+8613912345678", "+86 139 1234 5678", "0086-139-1234-5678", "8613912345678", " 139-1234-5678 ",
     "１３９１２３４５６７８", "＋８６（139）1234.5678", "139\u20131234\u30005678"],
)  # fmt: skip
def test_one_number_is_read_however_it_is_written(written: str) -> None:
    assert read_mobile(written) == "13912345678"


@pytest.mark.parametrize(
    ("written", "code"),
    [("010-62345678", "mobile_fixed"), ("+86 10 6234 5678", "mobile_fixed"), ("62345678", "mobile_fixed"),
     ("0571 8765 4321", "mobile_fixed"), ("400-123-4567", "mobile_fixed"), ("+1 212 555 0100", "mobile_abroad"),
     ("00852 6123 4567", "mobile_abroad"), ("12345", "mobile_form"), ("", "mobile_form"),
     ("12912345678", "mobile_form"), ("139123456789", "mobile_form"), ("1391234567", "mobile_form"),
     ("139a2345678", "mobile_form"),
     ("+86+8613912345678", "mobile_form"), ("١٣٩١٢٣٤٥٦٧٨", "mobile_form"), ("13912345678;13800000000", "mobile_form")],
)  # fmt: skip
def test_what_takes_no_short_message_is_refused_with_its_reason(written: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_mobile(written, "number")
    assert (refused.value.code, refused.value.field, refused.value.facts) == (code, "number", {})


@given(st.text(max_size=40) | st.from_regex(r"\+?[0-9 ().-]{1,24}", fullmatch=True))
def test_any_text_is_eleven_digits_or_refused(written: str) -> None:
    try:
        number = read_mobile(written)
    except Refused:
        return
    assert (len(number), number.isdecimal(), number.isascii(), number[0]) == (11, True, True, "1")
    assert read_mobile(f"+86 {number}") == number
    assert masked_mobile(number) == f"{number[:3]}****{number[7:]}"
