"""The account model, which Django and allauth sign in (账号)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Accounts(BaseUserManager["Account"]):
    """Makes accounts; powers are given by ``identity.acts.grant_role``, never here."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> Account:
        """Make an account; without a password nobody can sign in with it."""
        account = self.model(username=username, **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """Somebody or something that acts: a person, a device, or a simulated official of a replay (账号).

    ``name`` is a duty or a role in the reference district (受理员甲), never an invented person.
    """

    username = models.CharField(max_length=64, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=2, default="zh")
    sort = models.CharField(max_length=12, default="person")
    is_active = models.BooleanField(default=True)
    grants_version = models.IntegerField(default=1)
    second_factor = models.BooleanField(default=False)
    sound = models.TextField(default="", db_collation="C")

    objects = Accounts()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        app_label = "zh"
        db_table = "account"

    @property
    def is_staff(self) -> bool:
        """Nobody enters an administration site: there is none."""
        return False
