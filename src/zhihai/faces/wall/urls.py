"""Addresses of the wall."""

from __future__ import annotations

from django.urls import path

from zhihai.faces.wall.views import wall

urlpatterns = [path("wall/", wall, name="wall")]
