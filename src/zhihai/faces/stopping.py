"""Stopping a kind of notice by the link in one (退订), without signing in: it is signed, and does nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.core import signing
from django.urls import reverse

from zhihai.ground.refusal import Refused
from zhihai.kernel.channels.reads import Addressee, Way

SALT = "zhihai.stop"


def stop_address(whom: Addressee, way: Way, kinds: Sequence[str]) -> str:
    """Return the address at which whoever was told by a way stops these kinds by it. It holds for good, as mails do."""
    token = signing.dumps([whom.account, whom.person, list(kinds), way], salt=SALT, compress=True)
    return f"{settings.ZHIHAI_ORIGIN}{reverse('stop', args=(token,))}"


def read_stop(token: str) -> tuple[Addressee, Way, tuple[str, ...]]:
    """Return whom, which way and kinds a link is about; raises ``Refused`` for one that is not ours, or not whole."""
    try:
        account, person, kinds, *by = signing.loads(token, salt=SALT)
        way: Way = by[0] if by else "email"  # links of before named no way, and stood in mails alone
    except (signing.BadSignature, ValueError, TypeError):
        raise Refused("stop_link", status=404) from None
    return Addressee(account, person), way, tuple(kinds)
