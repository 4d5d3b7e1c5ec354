"""A directory's export as a staff list: LDIF as servers write it, a table of meanings, and what is not believed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.acting import everything

from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.site.commands import staff
from zhihai.site.directory_file import entries, read_directory
from zhihai.site.faults import Faults

TABLE = """
[columns]
username = "uid"
name_zh = "cn;lang-zh"
name_en = "cn"
email = "mail"
organisation = "departmentNumber"
role = "employeeType"
[values.organisation]
"Eastern office" = "990101001"
[values.role]
"科员" = "street_official"
"检查员" = "inspector"
[missing]
area = "990101001"
[only]
objectClass = "inetOrgPerson"
[without]
nsAccountLock = "true"
"""
HEAD = "version: 1\n\n# the whole tree\n"
BASE = "dn: ou=people,dc=example\nobjectClass: organizationalUnit\nou: people\n\n"
NAME = base64.b64encode("安宁".encode()).decode()
ANN = f"""dn: uid=Ann,ou=people,dc=example
objectClass: top
objectClass: inetOrgPerson
uid: Ann
cn: Ann
cn;lang-zh:: {NAME}
mail: ann@exam
 ple.org
departmentNumber: Eastern office
employeeType:: {base64.b64encode("科员".encode()).decode()}
employeeType:: {base64.b64encode("检查员".encode()).decode()}
jpegPhoto:: /9j/4AAQSkZJRg==

"""
BO = ANN.replace("Ann", "Bo").replace("ann@exam", "bo@exam")
LOCKED = ANN.replace("uid: Ann", "uid: dee\nnsAccountLock: TRUE").replace("uid=Ann", "uid=dee")


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    def make(*parts: str, table: str = TABLE) -> tuple[Path, Path]:
        (tmp_path / "people.ldif").write_text("".join(parts), encoding="utf-8", newline="")
        (tmp_path / "table.toml").write_text(table, encoding="utf-8")
        return tmp_path / "people.ldif", tmp_path / "table.toml"

    return make


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_entries_become_the_lines_of_a_list(district: str, export: Callable[..., tuple[Path, Path]], ends: str) -> None:
    parts = [part.replace("\n", ends) for part in (HEAD, BASE, ANN, LOCKED)]
    people, faults = read_directory(*export(*parts))
    assert faults == []
    (ann,) = people
    assert (ann.username, ann.name.zh, ann.name.en, ann.email) == ("ann", "安宁", "Ann", "ann@example.org")
    assert [post[0] for post in ann.posts] == ["zhihai.street_official", "zhihai.inspector"]
    assert ann.line == 8


def test_it_is_compared_and_applied_as_a_list_is(
    district: str, export: Callable[..., tuple[Path, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    file, table = export(HEAD, BASE, ANN, BO)
    command = staff.command(house.words(), "en")
    before = everything()
    given = ["import", str(file), "--directory", str(table)]
    assert command.main([*given, "--json"], standalone_mode=False) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["new"], len(told["given"])) == (["ann", "bo"], 4)
    assert everything() == before
    assert command.main([*given, "--apply"], standalone_mode=False) == 0
    assert "6 changes were made" in capsys.readouterr().out
    assert command.main(given, standalone_mode=False) == 0
    assert "Nothing to change" in capsys.readouterr().out


def test_a_value_that_means_nothing_here_is_told_with_its_entry(
    district: str, export: Callable[..., tuple[Path, Path]]
) -> None:
    file, table = export(HEAD, BASE, ANN.replace("Eastern office", "Northern office"))
    _, faults = read_directory(file, table)
    assert {(one.code, one.field) for one in faults} == {("folder_stranger", "people.ldif:8 organisation")}
    with pytest.raises(Faults):
        staff.command(house.words(), "en").main(
            ["import", str(file), "--directory", str(table), "--apply"], standalone_mode=False
        )


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("# search result\nsearch: 2\nresult: 4 Size limit exceeded\n", "directory_part"),
        ("search: 2\nresult: 11 Administrative limit exceeded\n", "directory_part"),
        ("dn: uid=x\nchangetype: delete\n", "directory_changes"),
        ("dn: uid=x\njpegPhoto:< file:///etc/passwd\n", "directory_line"),
        ("dn: uid=x\nthis is no line\n", "directory_line"),
        ("dn: uid=x\ncn:: not base64!\n", "directory_line"),
        (": nothing\n", "directory_line"),
    ],
)
def test_what_is_no_whole_export_is_not_believed(
    district: str, export: Callable[..., tuple[Path, Path]], end: str, code: str
) -> None:
    with pytest.raises(Refused, match=code):
        read_directory(*export(HEAD, ANN, end))


def test_an_end_that_is_well_is_no_entry(district: str, export: Callable[..., tuple[Path, Path]]) -> None:
    end = "# search reference\nref: ldap://other.example\n\n# search result\nsearch: 2\nresult: 0 Success\n"
    people, faults = read_directory(*export(HEAD, ANN, end))
    assert (len(people), faults) == (1, [])


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("[columns]\nuid = 'username'\n", "directory_strange"),
        (TABLE + "[more]\n", "directory_strange"),
        (TABLE.replace('role = "employeeType"\n', ""), "staff_columns"),
        (TABLE.replace('"uid"', "1"), "directory_texts"),
        ("[columns", "folder_unreadable"),
    ],
)
def test_a_table_that_means_nothing_is_refused(
    district: str, export: Callable[..., tuple[Path, Path]], table: str, code: str
) -> None:
    with pytest.raises(Refused, match=code):
        read_directory(*export(ANN, table=table))


def test_an_export_without_anybody_is_told(district: str, export: Callable[..., tuple[Path, Path]]) -> None:
    assert [one.code for one in read_directory(*export(HEAD, BASE))[1]] == ["staff_empty"]


values = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=90).filter(lambda text: text.strip())


def folded(line: str, width: int) -> str:
    """A line as RFC 2849 folds it."""
    return "\n ".join(line[at : at + width] for at in range(0, len(line), width))


@given(st.lists(st.lists(values, min_size=1, max_size=4), min_size=1, max_size=4), st.integers(2, 76))
def test_what_a_server_writes_is_read_as_it_was_meant(people: list[list[str]], width: int) -> None:
    text = "version: 1\n"
    for number, said in enumerate(people):
        lines = [f"dn: uid={number}", *(f"cn:: {base64.b64encode(one.encode()).decode()}" for one in said)]
        text += "\n# one\n and more of the comment\n" + "".join(folded(line, width) + "\n" for line in lines)
    assert [entry.says("CN") for entry in entries("x", text)] == people
