"""How passwords are kept: Argon2id, at a cost a district's sign-ins can pay."""

from __future__ import annotations

import hashlib
import secrets

from django.contrib.auth.hashers import Argon2PasswordHasher, BasePasswordHasher

from zhihai.kernel.trust import reads as trust


class Argon2id(Argon2PasswordHasher):
    """Argon2id (RFC 9106) with 19 MiB and two passes on one lane, the least that OWASP recommends.

    Django's own takes 100 MiB and eight lanes: thirty sign-ins at once would take 3 GiB. Passwords kept otherwise are
    kept so from the next sign-in on.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


class RandomSecret(BasePasswordHasher):
    """The secret of a system, of 256 random bits: nobody guesses it, so its SHA-256 is enough, and quick.

    It only compares: secrets are made and kept by acts.
    """

    algorithm = trust.RANDOM

    def verify(self, password: str, encoded: str) -> bool:
        """Say whether this is the secret; of a system that has none nothing is."""
        return secrets.compare_digest(
            f"{self.algorithm}${hashlib.sha256(password.encode()).hexdigest()}".encode(), encoded.encode()
        )
