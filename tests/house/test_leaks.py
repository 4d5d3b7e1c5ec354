"""The search for secrets in what the suite writes finds them, wherever they are, and tells the place alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.house.leaking import LEAKED, NUMBER
from tools import leaks

ROOT = Path(__file__).resolve().parents[2]
PLACES = (
    "identity number in address: tests/house/leaking.py::test_a_number_is_in_a_link: GET linked 200",
    "identity number in log: tests/house/leaking.py::test_a_number_is_logged: zhihai.site",
    "identity number in page that says no: tests/house/leaking.py::test_a_number_is_in_a_page_that_says_no",
    "identity number in standard error of a program: tests/house/leaking.py::test_a_program_says_a_number",
    "password in log: tests/house/leaking.py::test_a_password_is_logged: zhihai.site",
    "API token in address: tests/house/leaking.py::test_a_token_is_in_an_address: GET led 302",
)


def test_a_run_whose_tests_pass_fails_for_what_they_leak() -> None:
    """Six tests leak a secret each; all pass, the run fails, names six places and none of the secrets."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ZHIHAI_", "PYTEST_"))}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "tests/house/leaking.py"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert "6 passed" in ran.stdout, ran.stdout
    assert ran.returncode == 1
    for place in PLACES:
        assert place in ran.stdout, ran.stdout
    for secret in LEAKED:
        assert secret not in ran.stdout


@given(st.binary(max_size=400), st.lists(st.binary(min_size=8, max_size=30), max_size=8), st.data())
def test_every_place_of_every_secret_is_found(text: bytes, secrets: list[bytes], draw: st.DataObject) -> None:
    for one in secrets:
        at = draw.draw(st.integers(0, len(text)))
        text = text[:at] + one + text[at:]
    expected = {
        (place, one) for one in secrets for place in range(len(text)) if text.startswith(one, place)
    }  # fmt: skip
    assert set(leaks.found_in(text, dict.fromkeys(secrets))) == expected


def test_a_secret_across_two_parts_is_found() -> None:
    data = b"x" * (leaks.CHUNK - 5) + b"a secret of sixteen" + b"y" * 10
    assert [place for place, _ in leaks.found_in(data, {b"a secret of sixteen": None})] == [leaks.CHUNK - 5]


def test_a_number_is_one_by_its_check_digit_and_by_itself(tmp_path: Path) -> None:
    """What has another check digit is none, nor what stands in a longer number; quoting and blanks hide none."""
    wrong = NUMBER[:17] + ("4" if NUMBER[17] != "4" else "3")
    for name, text in (
        ("none", f"{wrong} 1{NUMBER} {NUMBER}7 {NUMBER[:10]}******{NUMBER[16:]}"),
        ("one", f"a\n{NUMBER}"),
    ):
        (tmp_path / name).write_bytes(leaks.piece("somewhere", text))
    quoted = NUMBER.replace("0101", "%30101", 1)
    (tmp_path / "quoted").write_bytes(leaks.piece("elsewhere", f"/people?sought={quoted}"))
    assert [(one.kind, one.place) for one in leaks.leaks_in(tmp_path)] == [
        ("one", "somewhere"),
        ("quoted", "elsewhere"),
    ]


def test_a_code_of_a_sign_in_stands_in_an_address_and_nowhere_else(tmp_path: Path) -> None:
    code = "c0de" * 8
    (tmp_path / leaks.SECRETS).write_bytes(leaks.note(leaks.CODE, code, "a test") + leaks.note("password", "short", ""))
    for kind in (leaks.ADDRESS, "log"):
        (tmp_path / kind).write_bytes(leaks.piece("here", f"?code={code} short"))
    assert [str(one) for one in leaks.leaks_in(tmp_path)] == ["code of a sign-in in log: here, noted by a test"]
