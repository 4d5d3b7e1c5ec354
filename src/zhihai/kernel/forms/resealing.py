"""What people wrote and sent, sealed anew after the platform's secret has changed (换钥)."""

from __future__ import annotations

from zhihai.kernel import records
from zhihai.kernel.forms.attaching import place_of_file
from zhihai.kernel.forms.consenting import place_of_paper
from zhihai.kernel.forms.drafts import place_of_draft
from zhihai.kernel.forms.requesting import place_of_request, words_of
from zhihai.kernel.forms.sending import place_of_submission
from zhihai.kernel.identity import reads as identity

TEXTS = (("form_draft", place_of_draft), ("form_submission", place_of_submission))
AT_ONCE, FILES_AT_ONCE = 500, 20


def reseal_forms() -> int:
    """Seal anew what a former secret of the platform sealed; returns how many rows. It leaves no entry."""
    former = identity.former_keys()
    if not former:
        return 0
    return (
        sum(_texts(table, place, former) for table, place in TEXTS)
        + _files(former)
        + _papers(former)
        + _requests(former)
    )


def _papers(former: list[str]) -> int:
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            f"""SELECT tie_id, sealed_with, content FROM tie_paper WHERE sealed_with = ANY(%s)
                LIMIT {FILES_AT_ONCE} FOR UPDATE SKIP LOCKED""",
            (former,),
        )
        for tie, sealed_with, content in found:
            place = place_of_paper(tie)
            again = identity.seal_file(identity.open_file(identity.Sealed(sealed_with, bytes(content)), place), place)
            records.execute(
                "UPDATE tie_paper SET sealed_with = %s, content = %s WHERE tie_id = %s", (again.key, again.text, tie)
            )
    return len(found)


def _requests(former: list[str]) -> int:
    """Seal anew the words and the scan of requests, each by itself: a scan may be gone."""
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            f"""SELECT key, sealed, sealed_with, content FROM tie_request
                WHERE split_part(sealed, ':', 1) = ANY(%s) OR sealed_with = ANY(%s)
                LIMIT {FILES_AT_ONCE} FOR UPDATE SKIP LOCKED""",
            (former, former),
        )
        for key, sealed, sealed_with, content in found:
            words, scan = place_of_request(key, "words"), place_of_request(key, "scan")
            _, indexes = identity.found_by(words_of(key, sealed)[1])
            again = None if content is None else identity.seal_file(
                identity.open_file(identity.Sealed(sealed_with, bytes(content)), scan), scan
            )  # fmt: skip
            records.execute(
                "UPDATE tie_request SET sealed = %s, number_index = %s, sealed_with = %s, content = %s WHERE key = %s",
                (
                    identity.seal_secret(identity.open_secret(sealed, words), words), indexes[0],
                    again.key if again else None, again.text if again else None, key,
                ),
            )  # fmt: skip
    return len(found)


def _texts(table: str, place: object, former: list[str]) -> int:
    assert callable(place)
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            f"""SELECT key, sealed FROM {table} WHERE split_part(sealed, ':', 1) = ANY(%s)
                LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED""",
            (former,),
        )
        for key, sealed in found:
            again = identity.seal_secret(identity.open_secret(sealed, place(key)), place(key))
            records.execute(f"UPDATE {table} SET sealed = %s WHERE key = %s", (again, key))
    return len(found)


def _files(former: list[str]) -> int:
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            f"""SELECT key, name, sealed_with, content FROM form_file WHERE sealed_with = ANY(%s)
                LIMIT {FILES_AT_ONCE} FOR UPDATE SKIP LOCKED""",
            (former,),
        )
        for key, name, sealed_with, content in found:
            named, held = place_of_file(key, "name"), place_of_file(key, "content")
            again = identity.seal_file(identity.open_file(identity.Sealed(sealed_with, bytes(content)), held), held)
            records.execute(
                "UPDATE form_file SET name = %s, sealed_with = %s, content = %s WHERE key = %s",
                (identity.seal_secret(identity.open_secret(name, named), named), again.key, again.text, key),
            )
    return len(found)
