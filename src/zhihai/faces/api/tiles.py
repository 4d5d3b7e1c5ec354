"""Vector tiles of the public layers: areas, grid cells, the base map, facilities."""

from __future__ import annotations

import gzip
from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from zhihai.faces.compressing import accepts_gzip
from zhihai.kernel.places import reads as places

MEDIA = "application/vnd.mapbox-vector-tile"
AGE = "public, max-age=3600"
WORTH_PACKING = 256
"""Bytes below which packing saves nothing."""
PACKING = 4
"""Packed harder, the fullest tile is a thirtieth smaller and takes three times as long."""


def tile(request: HttpRequest, layer: str, z: int, x: int, y: int) -> HttpResponse:
    """Give one tile, 204 where it is empty.

    Its ETag is the digest of what it holds, so it holds good until a boundary is loaded anew. Raises ``NotFound`` for a
    layer there is not, ``Refused`` (404) for a tile outside the zoom.
    """
    body = places.tile(layer, z, x, y)
    packed = len(body) > WORTH_PACKING and accepts_gzip(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    etag = f'"{blake2b(body, digest_size=12).hexdigest()}{"-gzip" if packed else ""}"'
    if not body:
        response = HttpResponse(status=204)
    else:
        response = HttpResponse(gzip.compress(body, PACKING, mtime=0) if packed else body, content_type=MEDIA)
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["ETag"] = etag
    patch_vary_headers(response, ("Accept-Encoding",))
    answer = get_conditional_response(request, etag, None, response)
    answer.headers["Cache-Control"] = AGE
    return answer
