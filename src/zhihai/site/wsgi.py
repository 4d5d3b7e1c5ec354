"""The WSGI application that the web server's workers run."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhihai.site.settings")
_platform = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a request (PEP 3333).

    A label of the body's encoding that encodes no text (``rot13``) would be a fault before any page of ours could tell
    of it: it is taken away, and the body is read as UTF-8 or refused.
    """
    content_type = environ.get("CONTENT_TYPE", "")
    if "charset" in content_type.lower():
        kind, given = parse_header_parameters(content_type)
        try:
            b"a".decode(given.get("charset", "utf-8"), "replace")  # of nothing Python would not even look the name up
        except (LookupError, ValueError):
            environ["CONTENT_TYPE"] = kind
    return _platform(environ, start_response)
