"""What the room trust vouches for."""

from __future__ import annotations

SCOPES = ("openid", "profile", "email", "zhihai_level")
"""What a system may ask to know of who signs in through the platform (授权范围). Words: ``trust.scope.<scope>``."""
