"""Mobile numbers that people gave, as the store keeps them: encrypted, each for the account that gave it (加密存储)."""

from __future__ import annotations

from zhihai.kernel.identity import reads as identity


def seal_number(number: str, account: int) -> str:
    """Encrypt a number for this account; for another it does not open."""
    return identity.seal_secret(number, f"notice_number:{account}")


def open_number(sealed: str, account: int) -> str:
    """Return what :func:`seal_number` sealed. Raises ``Refused`` as :func:`unseal` does."""
    return identity.open_secret(sealed, f"notice_number:{account}")
