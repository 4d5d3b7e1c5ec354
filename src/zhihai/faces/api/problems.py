"""Problem details (RFC 9457): how addresses for machines say no, naming field and remedy."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Mapping

import msgspec
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, InternalError, NotSupportedError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.encoding import escape_uri_path
from ninja.errors import AuthenticationError, HttpError, ValidationError
from psycopg.errors import FeatureNotSupported, ReadOnlySqlTransaction
from pydantic import BaseModel

from zhihai.faces.api.bodies import too_large
from zhihai.faces.api.fields import FieldsWrong, Wrong, wrongs_of
from zhihai.faces.api.language import language_of
from zhihai.ground.refusal import NotFound, Refused
from zhihai.ground.words import Language
from zhihai.kernel import house

MEDIA = "application/problem+json"
RETRY_SECONDS = 5
REALM = "zhihai"
logger = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """One input at fault: where it stands (``limits.gap``, ``readings[3].at``), and what to mend."""

    field: str
    detail: str


class Problem(BaseModel):
    """What went wrong and what to do about it. ``type`` leads to the sentence of this sort of problem."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem]


def refuse(request: HttpRequest, fault: Exception, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Answer a fault as a problem in the reader's language; a defect of ours is logged under a number it tells."""
    refused = refusal_of(fault)
    problem = problem_of(refused, language_of(request), escape_uri_path(request.path))
    response = HttpResponse(
        msgspec.json.encode(problem.model_dump()), status=refused.status, content_type=MEDIA,
        headers={**_headers(refused), **(headers or {})},
    )  # fmt: skip
    response.headers["Content-Language"] = "en" if language_of(request) == "en" else "zh-CN"
    response.refused = refused.code
    return response


def problem_of(refused: Refused, language: Language, instance: str) -> Problem:
    """Return the problem that a refusal is, said in ``language``."""
    words = house.words()
    title_key, detail_key = f"api.title.{refused.status}", f"refused.{refused.code}"
    title = words.say(title_key if title_key in words else "api.title.other", language)
    detail = words.say(detail_key, language, **refused.facts) if detail_key in words else title
    errors = [FieldProblem(field=refused.field, detail=detail)] if refused.field else []
    if isinstance(refused, FieldsWrong):
        errors = [FieldProblem(field=wrong.field, detail=_say_wrong(wrong, language)) for wrong in refused.wrongs]
    return Problem(
        type=f"/api/problems/{refused.code}", title=title, status=refused.status, detail=detail, instance=instance,
        errors=errors,
    )  # fmt: skip


def _say_wrong(wrong: Wrong, language: Language) -> str:
    return house.words().say(f"api.field.{wrong.key}", language, **wrong.facts)


def _headers(refused: Refused) -> dict[str, str]:
    if refused.status == 401:
        error = ', error="invalid_token"' if refused.code == "token_unknown" else ""
        return {"WWW-Authenticate": f'Bearer realm="{REALM}"{error}'}
    return {"Retry-After": str(RETRY_SECONDS)} if refused.status == 503 else {}


def refusal_of(fault: Exception) -> Refused:
    """Return what a fault of any library means to the one who asked."""
    if isinstance(fault, HttpError) and isinstance(fault.__cause__, Refused):
        return fault.__cause__
    match fault:
        case Refused():
            found: Refused = fault
        case ValidationError():
            found = FieldsWrong(wrongs_of(fault.errors))
        case AuthenticationError():
            found = Refused("sign_in_needed", status=401)
        case RequestDataTooBig():
            found = too_large()
        case HttpError() | UnreadablePostError() | SuspiciousOperation() | BadRequest() | MultiPartParserError():
            found = Refused("body_unreadable", status=400)
        case Http404():
            found = NotFound("no_address")
        case OperationalError() | InterfaceError():
            logger.error("the store can not be reached: %s", type(fault).__name__)
            found = Refused("store_away", status=503)
        case InternalError() | NotSupportedError() if _reads_only(fault.__cause__):
            found = Refused("store_reads_only", status=503)
        case _:
            found = defect(fault)
    return found


def _reads_only(cause: BaseException | None) -> bool:
    """Say whether a statement failed since this server only follows another.

    There the counts of tries cannot even be read: they stand in a table that no log is written of.
    """
    unlogged = isinstance(cause, FeatureNotSupported) and cause.diag.source_function == "get_relation_info"
    return unlogged or isinstance(cause, ReadOnlySqlTransaction)


def defect(fault: BaseException) -> Refused:
    """Log a defect of ours by its sort and place, never by its message, which may hold personal data."""
    number = secrets.token_hex(4)
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)]
    logger.error("fault %s: %s at %s", number, type(fault).__qualname__, " < ".join(reversed(places)))
    return Refused("fault_of_ours", status=500, number=number)
