"""A machine that reads identity cards and is none (软件读卡机): for development, with cards of invented people.

It answers as the contract says (docs/reference/card-readers.md), on this computer alone, to pages of the addresses it
was told, and says with every card that it is simulated. Its own page lays a card on it or takes it away.
"""

from __future__ import annotations

import io
import json
import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from jinja2 import Environment, FileSystemLoader
from PIL import Image, ImageDraw

from zhihai.ground.refusal import Refused
from zhihai.site.invented import Invented

MOST = 10_000
"""Bytes that a page may send."""
PHOTO = (102, 126)
"""Pixels of the photograph on a card."""
PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
DEVICE = "zhihai-software-reader"
Phrases = Callable[[str], str]
"""Says a sentence of ``command.reader`` in the language of who runs the machine."""


@dataclass(frozen=True, slots=True)
class SimulatedCard:
    """A card of somebody invented: the fields of the contract, and what is wrong with it (``""`` for nothing)."""

    fields: Mapping[str, str] = field(repr=False)
    fault: str = ""


def card_of(person: Invented) -> SimulatedCard:
    """Return the card of somebody invented, which holds for good."""
    return SimulatedCard(
        {
            "name": person.name, "sex": "1" if int(person.number[16]) % 2 else "2", "nation": "01",
            "birth": person.number[6:14], "address": person.address, "number": person.number, "issuer": "",
            "from": f"{person.birth.year + 1}0101", "until": "forever",
        }
    )  # fmt: skip


def with_fault(card: SimulatedCard, fault: str) -> SimulatedCard:
    """Return a card with a fault: ``over`` in time, a wrong check ``digit``, another ``name``."""
    given = dict(card.fields)
    if fault == "over":
        given["until"] = f"{int(given['from'][:4]) + 5}0101"
    elif fault == "digit":
        given["number"] = f"{given['number'][:17]}{'0' if given['number'][17] != '0' else '1'}"
    elif fault == "name":
        given["name"] = f"{given['name'][0]}{given['name']}"
    return replace(card, fields=given, fault=fault)


FAULTS = ("", "over", "digit", "name")


def machine_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in a file that only its owner may read, made at first use. Raises ``Refused`` for another file."""
    if not path.exists():
        path.touch(mode=0o600)
        made = Ed25519PrivateKey.generate()
        path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused("reader_key_file", "--key", file=str(path))
    return key


def public_pem(key: Ed25519PrivateKey) -> str:
    """Return the public key as it is pasted where the machine is set up."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


class CardMachine(ThreadingHTTPServer):
    """The machine: ``card`` lies on it, or nothing. ``key`` signs, ``origins`` are whose pages are answered."""

    daemon_threads = True

    def __init__(
        self, port: int, origins: Collection[str], cards: Sequence[SimulatedCard], phrases: Phrases,
        key: Ed25519PrivateKey | None = None,
    ) -> None:  # fmt: skip
        super().__init__(("127.0.0.1", port), _Answering)
        self.origins, self.cards, self.phrases, self.key = frozenset(origins), tuple(cards), phrases, key
        self.card: SimulatedCard | None = None
        self.password = secrets.token_urlsafe(16)
        self.address = f"http://127.0.0.1:{self.server_port}"

    def answer(self, nonce: str) -> dict[str, object] | None:
        """Return what the machine says of the card on it, ``None`` where there is none."""
        if self.card is None:
            return None
        told = {"card": dict(self.card.fields), "nonce": nonce, "device": DEVICE, "simulated": True}
        statement = json.dumps(told, ensure_ascii=False)
        signed = urlsafe_b64encode(self.key.sign(statement.encode())).decode().rstrip("=") if self.key else ""
        return {
            "statement": statement, "signature": signed,
            "photo": {"type": "image/png", "base64": b64encode(photograph()).decode()},
        }  # fmt: skip


class _Answering(BaseHTTPRequestHandler):
    """Answers one request; nothing of it is written into a log."""

    server: CardMachine

    def log_message(self, *args: object) -> None:
        return

    def do_OPTIONS(self) -> None:
        self._send(204 if self._allowed() else 403, b"", "text/plain")

    def do_GET(self) -> None:
        if self.path != "/" or not self._own():
            self._send(404, b"", "text/plain")
            return
        self._send(200, self._page().encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if 0 <= length <= MOST else b""
        if self.path == "/card" and self._allowed() and self._own():
            self._card(body)
        elif self.path == "/lay" and self._own():
            self._lay(parse_qs(body.decode("utf-8", "replace")))
        else:
            self._send(403, b"", "text/plain")

    def _own(self) -> bool:
        """Say whether we are asked by our own name: another that leads here is somebody else's page."""
        return self.headers.get("Host") in (
            f"127.0.0.1:{self.server.server_port}",
            f"localhost:{self.server.server_port}",
        )

    def _allowed(self) -> bool:
        return self.headers.get("Origin") in self.server.origins

    def _card(self, body: bytes) -> None:
        try:
            nonce = json.loads(body)["nonce"]
        except (ValueError, KeyError, TypeError):
            nonce = None
        if not isinstance(nonce, str):
            self._send(400, b"{}", "application/json")
            return
        told = self.server.answer(nonce)
        self._send(404 if told is None else 200, json.dumps(told or {}).encode(), "application/json")

    def _lay(self, given: Mapping[str, Sequence[str]]) -> None:
        if given.get("password") != [self.server.password]:
            self._send(403, b"", "text/plain")
            return
        chosen = next(iter(given.get("card", ())), "")
        place = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 6 else len(self.server.cards)
        fault = next((one for one in FAULTS if [one] == given.get("fault")), "")
        known = place < len(self.server.cards)
        self.server.card = with_fault(self.server.cards[place], fault) if known else None
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, body: bytes, sort: str) -> None:
        self.send_response(status)
        if self._allowed():
            self.send_header("Access-Control-Allow-Origin", self.headers["Origin"])
            self.send_header("Access-Control-Allow-Headers", "Content-Type")
            self.send_header("Access-Control-Allow-Methods", "POST")
            self.send_header("Access-Control-Allow-Private-Network", "true")
            self.send_header("Vary", "Origin")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Type", sort)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _page(self) -> str:
        server = self.server
        return PAGES.get_template("card_machine.jinja").render(
            say=server.phrases, here=server.card, cards=server.cards, faults=FAULTS, password=server.password
        )


def photograph() -> bytes:
    """Return a picture of nobody, as PNG."""
    picture = Image.new("RGB", PHOTO, "#dfe5e8")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((31, 22, 71, 70), fill="#8797a0")
    draw.ellipse((9, 80, 93, 170), fill="#8797a0")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
