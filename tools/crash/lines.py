"""The lines between the platform and others: one that can be cut at any instant, and a receiver of mail behind it."""

from __future__ import annotations

import os
import re
import signal
import socket
import socketserver
import struct
import threading
from contextlib import suppress
from pathlib import Path

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset (RST) at once, whatever is still on its way."""
SIZE = 65_536


class Line:
    """Hands on bytes between a port and another, until :meth:`cut`: then both ends see their connections reset."""

    def __init__(self, port: int, to: int) -> None:
        self._to = to
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", port), backlog=128)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection there is."""
        with self._lock:
            for end in self._open:
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._open.clear()

    def _accept(self) -> None:
        while True:
            near, _ = self._server.accept()
            try:
                far = socket.create_connection(("127.0.0.1", self._to), timeout=2)
                far.settimeout(None)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := near.recv(SIZE):
                far.sendall(data)
        with suppress(OSError):
            far.shutdown(socket.SHUT_WR)
        with self._lock:
            ended = {end for end in (near, far) if end.fileno() == -1}
            self._open -= ended


def carry(pairs: list[tuple[int, int]]) -> None:
    """Be the process of the lines: SIGUSR1 cuts the first, SIGUSR2 the second."""
    lines = [Line(*pair) for pair in pairs]
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda *_: None)
    while True:
        got = signal.sigwait({signal.SIGUSR1, signal.SIGUSR2})
        lines[0 if got == signal.SIGUSR1 else 1].cut()


class _Talk(socketserver.StreamRequestHandler):
    """Takes mail as RFC 5321 has it, as far as a sender needs; acknowledges once the note is on the disk."""

    server: _Receiver

    def handle(self) -> None:
        self._say("220 receiver")
        while line := self.rfile.readline(SIZE):
            word = line[:4].upper()
            if word == b"DATA":
                self._say("354 go on")
                self._take()
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self) -> None:
        text = b""
        while (line := self.rfile.readline(SIZE)) != b".\r\n":
            if not line:
                return
            text += line
        found = re.search(rb"(?im)^message-id:\s*<([^>]+)>", text)
        assert found is not None
        os.write(self.server.note, found[1] + b"\n")
        os.fdatasync(self.server.note)
        self._say("250 taken")

    def _say(self, text: str) -> None:
        with suppress(OSError):
            self.wfile.write(f"{text}\r\n".encode())


class _Receiver(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, note: int) -> None:
        self.note = note
        super().__init__(("127.0.0.1", port), _Talk)


def receive(port: int, notes: Path) -> None:
    """Be the process that receives mail: one line for each message taken over, its Message-ID."""
    note = os.open(notes / "mail.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _Receiver(port, note).serve_forever()
