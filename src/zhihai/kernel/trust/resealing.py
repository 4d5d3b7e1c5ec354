"""Private keys sealed anew after the platform's secret has changed (换钥)."""

from __future__ import annotations

from zhihai.kernel import records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.trust.certificates import place_of
from zhihai.kernel.trust.issuing import place_of_issuing
from zhihai.kernel.trust.signing_keys import place_of_key

KEPT = (
    ("oidc_key", "kid", place_of_key),
    ("issuing_key", "id", place_of_issuing),
    ("certificate", "serial", place_of),
)
"""Where private keys are: the table, what names a row, and what its key is bound to."""
AT_ONCE = 500


def reseal_keys() -> int:
    """Seal keys anew that a former secret of the platform sealed; returns how many (换钥). It leaves no entry."""
    former = identity.former_keys()
    if not former:
        return 0
    resealed = 0
    for table, name, place in KEPT:
        with records.atomic():
            found = records.rows(
                f"""SELECT {name}, sealed FROM {table} WHERE split_part(sealed, ':', 1) = ANY(%s)
                    LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED""",
                (former,),
            )
            for row, sealed in found:
                again = identity.seal_secret(identity.open_secret(sealed, place(row)), place(row))
                records.execute(f"UPDATE {table} SET sealed = %s WHERE {name} = %s", (again, row))
            resealed += len(found)
    return resealed
