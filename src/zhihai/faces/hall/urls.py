"""Addresses of residents."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from zhihai.faces.hall import (
    acting,
    agreeing,
    beginning,
    complaints,
    devices,
    elsewhere,
    matters,
    mine,
    papers,
    passkeys,
    security,
    verifying,
)
from zhihai.faces.hall.applying import pages as applying
from zhihai.faces.hall.applying import schemas
from zhihai.faces.hall.disclosure import feeds, register
from zhihai.faces.hall.disclosure import pages as disclosure
from zhihai.faces.hall.items import pages as items
from zhihai.faces.hall.present_password import ChangePassword
from zhihai.faces.hall.signing_up import NewPassword, ProveContact, Recover, RecoverByCode, SignUp

urlpatterns = [
    path("hall/", items.front, name="hall"),
    path("hall/search", items.search, name="hall-search"),
    path("hall/suggest", items.suggest, name="hall-suggest"),
    path("hall/items/", items.items, name="hall-items"),
    path("hall/items/<str:code>", items.item, name="hall-item"),
    path("hall/items/<str:code>/apply", never_cache(beginning.begin), name="hall-apply"),
    path("hall/items/<str:code>/apply/start", never_cache(beginning.start), name="hall-apply-start"),
    path("hall/matters/<str:kind>", never_cache(beginning.begin_matter), name="hall-begin"),
    path("hall/matters/<str:kind>/start", never_cache(beginning.start_matter), name="hall-begin-start"),
    path("hall/departments/", items.offices, name="hall-offices"),
    path("disclosure/", disclosure.publications, name="publications"),
    path("disclosure/feed.atom", feeds.atom, name="publications-atom"),
    path("disclosure/feed.rss", feeds.rss, name="publications-rss"),
    path("disclosure/requests/", register.register, name="disclosure-requests"),
    path("disclosure/requests/table.csv", register.register_table, name="disclosure-requests-table"),
    path("disclosure/report/<int:year>", register.annual_report, name="disclosure-report"),
    path("disclosure/<int:publication>", disclosure.publication, name="publication"),
    path("disclosure/<int:publication>/<int:version>", disclosure.publication, name="publication-version"),
    path("disclosure/<int:publication>/files/<str:attachment>", disclosure.file, name="publication-file"),
    path("sign-up/", SignUp.as_view(), name="account_signup"),
    path("sign-up/code", ProveContact.as_view(), name="account_email_verification_sent"),
    path("recover/", Recover.as_view(), name="account_reset_password"),
    path("recover/code", RecoverByCode.as_view(), name="account_confirm_password_reset_code"),
    path("recover/password", NewPassword.as_view(), name="account_complete_password_reset"),
    path("recover/done", RedirectView.as_view(pattern_name="account_login"), name="account_password_reset_completed"),
    path("sign-in/code", never_cache(security.SecondFactor.as_view()), name="mfa_authenticate"),
    path("sign-in/passkey", never_cache(passkeys.sign_in), name="passkey-sign-in"),
    path("sign-in/code/passkey", never_cache(passkeys.second), name="passkey-second"),
    path("sign-in/elsewhere", never_cache(elsewhere.begin), name="elsewhere-begin"),
    path("sign-in/elsewhere/back", never_cache(elsewhere.back), name="elsewhere-back"),
    path("account/elsewhere", never_cache(elsewhere.tie), name="elsewhere-tie"),
    path("account/elsewhere/end", never_cache(elsewhere.untie), name="elsewhere-untie"),
    path("account/", never_cache(security.Security.as_view()), name="mfa_index"),
    path("account/password", never_cache(ChangePassword.as_view()), name="account_change_password"),
    path("account/again", never_cache(security.Again.as_view()), name="account_reauthenticate"),
    path("account/again/code", never_cache(security.AgainByCode.as_view()), name="mfa_reauthenticate"),
    path("account/again/passkey", never_cache(passkeys.again), name="mfa_reauthenticate_webauthn"),
    path("account/passkeys/add", never_cache(passkeys.add), name="passkey-add"),
    path("account/passkeys/<int:passkey>", never_cache(passkeys.one), name="passkey"),
    path("account/authenticator", never_cache(security.Enrol.as_view()), name="mfa_activate_totp"),
    path("account/authenticator/off", never_cache(security.Drop.as_view()), name="mfa_deactivate_totp"),
    path("account/codes", never_cache(security.Codes.as_view()), name="mfa_view_recovery_codes"),
    path("account/codes/new", never_cache(security.NewCodes.as_view()), name="mfa_generate_recovery_codes"),
    path("account/devices/", never_cache(devices.devices), name="devices"),
    path("account/devices/end", never_cache(devices.end), name="devices-end"),
    path("my/", never_cache(mine.my), name="my"),
    path("my/claim", never_cache(mine.claim), name="my-claim"),
    path("my/correct", never_cache(mine.correct), name="my-correct"),
    path("my/look", never_cache(mine.look_for), name="my-look-for"),
    path("my/acting/", never_cache(acting.acting), name="my-acting"),
    path("my/acting/grant", never_cache(acting.grant), name="my-acting-grant"),
    path("my/acting/change", never_cache(acting.change), name="my-acting-change"),
    path("my/acting/as", never_cache(acting.act), name="my-act"),
    path("my/acting/end", never_cache(acting.act_no_more), name="my-act-end"),
    path("my/complaints/", never_cache(complaints.complaints), name="my-complaints"),
    path("my/complaints/send", never_cache(complaints.complain), name="my-complain"),
    path("my/matters/", never_cache(matters.matters), name="my-matters"),
    path("my/matters/<str:number>", never_cache(matters.matter), name="my-matter"),
    path("my/matters/<str:number>/withdraw", never_cache(matters.withdraw), name="my-matter-withdraw"),
    path("my/matters/<str:number>/papers/<int:paper>", never_cache(papers.paper), name="my-matter-paper"),
    path("my/matters/<str:number>/forms/<int:round_>/pdf", never_cache(papers.form), name="my-matter-form-pdf"),
    path("my/matters/<str:number>/forms/<int:round_>", never_cache(matters.form), name="my-matter-form"),
    path(
        "my/matters/<str:number>/forms/<int:round_>/files/<str:file>", never_cache(matters.file), name="my-matter-file"
    ),
    path("my/matters/<str:number>/supplement", never_cache(matters.supplement), name="my-matter-supplement"),
    path("my/matters/<str:number>/rate", never_cache(matters.rate), name="my-matter-rate"),
    path("progress/", never_cache(matters.progress), name="progress"),
    path("apply/", never_cache(applying.mine), name="apply-mine"),
    path("forms/<str:form>.json", schemas.schema, name="form-schema"),
    path("apply/file/<str:file>", never_cache(applying.file), name="apply-file"),
    path("apply/<str:key>/", never_cache(applying.form), name="apply"),
    path("apply/<str:key>/save", never_cache(applying.save), name="apply-save"),
    path("apply/<str:key>/review", never_cache(applying.review), name="apply-review"),
    path("apply/<str:key>/send", never_cache(applying.send), name="apply-send"),
    path("apply/<str:key>/correct", never_cache(applying.correct), name="apply-correct"),
    path("my/contact", RedirectView.as_view(pattern_name="my"), name="account_email"),
    path("verify/", never_cache(verifying.verify), name="verify"),
    path("my/consents/", agreeing.consents, name="my-consents"),
    path("my/consents/withdraw", agreeing.withdraw, name="my-consents-withdraw"),
]
