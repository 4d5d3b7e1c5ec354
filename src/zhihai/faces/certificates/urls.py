"""Addresses of the certificate authority. They stand in certificates: none may ever change."""

from __future__ import annotations

from django.urls import path

from zhihai.faces.certificates import endpoints

urlpatterns = [
    path("trust/<int:issuer>.cer", endpoints.issuer, name="trust-issuer"),
    path("trust/<int:issuer>.crl", endpoints.revoked, name="trust-list"),
    path("trust/ocsp", endpoints.answers, name="trust-answers"),
    path("trust/ocsp/<path:asked>", endpoints.answers_by_address, name="trust-answers-by-address"),
]
