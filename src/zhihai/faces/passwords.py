"""How passwords are kept: Argon2id, at a cost a district's sign-ins can pay."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    """Argon2id (RFC 9106) with 19 MiB and two passes on one lane, the least that OWASP recommends.

    Django's own takes 100 MiB and eight lanes: thirty sign-ins at once would take 3 GiB. Passwords kept otherwise are
    kept so from the next sign-in on.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
