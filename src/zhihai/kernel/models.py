"""What Django itself must know: the account. Every other table is SQL in ``migrations/sql``, one file a room."""

from zhihai.kernel.identity.account import Account

__all__ = ["Account"]
