"""What the tests of all faces share: a district at work, and browsers signed in without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from tests.faces.staging import set_the_stage

from zhihai.kernel.identity.account import Account

BACKEND = "zhihai.faces.signing.SigningIn"


@pytest.fixture
def worked(store: Any, lakeside: str) -> Iterator[str]:
    """A fresh copy of the invented district at work, which Django's connection points at; the database's name."""
    with store.copy(store.template("worked", set_the_stage, base="lakeside")) as name:
        yield name


@pytest.fixture
def reader() -> Callable[..., Client]:
    """Make a client of somebody by sign-in name, or of nobody, in Chinese or English."""

    def make(username: str | None = None, language: str = "zh") -> Client:
        client = Client(SERVER_NAME="127.0.0.1", headers={"accept-language": "zh-CN" if language == "zh" else "en"})
        if username is not None:
            client.force_login(Account.objects.get(username=username), BACKEND)
        return client

    return make
