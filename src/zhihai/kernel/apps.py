"""The kernel as one Django app, so that a table can move between rooms without surgery."""

from django.apps import AppConfig


class Kernel(AppConfig):
    """Label ``zh``: all tables of all rooms."""

    name = "zhihai.kernel"
    label = "zh"
    default_auto_field = "django.db.models.BigAutoField"
