"""Backup and restore (备份与恢复): what the platform keeps, and the ways back to it."""
