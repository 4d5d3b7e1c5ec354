"""Addresses of the provider."""

from __future__ import annotations

from django.urls import path

from zhihai.faces.provider import endpoints, signing_in
from zhihai.faces.provider.signing_out import SignOut

urlpatterns = [
    path(".well-known/openid-configuration", endpoints.configuration, name="oidc-configuration"),
    path("oidc/keys", endpoints.keys, name="oidc-keys"),
    path("oidc/authorize", signing_in.authorize, name="oidc-authorize"),
    path("oidc/consent", signing_in.consent, name="oidc-consent"),
    path("oidc/token", endpoints.token, name="oidc-token"),
    path("oidc/userinfo", endpoints.userinfo, name="oidc-userinfo"),
    path("oidc/revoke", endpoints.revoke, name="oidc-revoke"),
    path("oidc/logout", SignOut.as_view(), name="oidc-logout"),
]
