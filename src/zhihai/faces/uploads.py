"""Files that people send: within the limit of any body, and digested piece by piece."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

Parsed = tuple[QueryDict, MultiValueDict[str, UploadedFile]]


class WithinLimit(FileUploadHandler):
    """Refuses a form with files that is larger than a body may be, before a byte of it is read or written.

    Django itself asks for no limit here, and writes whatever comes to the disk.
    """

    def handle_raw_input(
        self, input_data: object, META: Mapping[str, str], content_length: int, boundary: bytes,  # noqa: N803
        encoding: str | None = None,
    ) -> Parsed | None:  # fmt: skip
        """Raise ``RequestDataTooBig``, which is answered with 413."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if most is not None and content_length > most:
            raise RequestDataTooBig
        return None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand it on to the next handler."""
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """Leave the file to the next handler."""
        return None


def most_mebibytes() -> int:
    """Return how many MiB a form with files may have, for the page that asks for them."""
    return (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) >> 20


def digest_of(file: UploadedFile) -> bytes:
    """Return the SHA-256 of a file that was sent."""
    made = hashlib.sha256()
    for piece in file.chunks():
        made.update(piece)
    return made.digest()
