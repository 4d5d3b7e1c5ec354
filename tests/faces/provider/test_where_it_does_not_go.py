"""Where the platform does not go to tell a system that a sign-in has ended, whoever registered the address."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from tests.faces.provider.conftest import Catcher, System
from tests.ground.certificates.authority import the_chain

from zhihai.faces import reaching
from zhihai.faces.provider import back_channel
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.trust import acts, reads


def parting(address: str) -> reads.Parting:
    return reads.Parting(address, "a system", "somebody", "a sign-in")


class TestWhereThePlatformDoesNotGo:
    """Who may register addresses makes the platform no messenger into its own network."""

    @pytest.mark.parametrize(
        "where",
        [
            "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "10.1.2.3", "172.16.0.1", "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1", "224.0.0.1", "255.255.255.255", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
            "::ffff:10.1.2.3", "64:ff9b::a01:203", "2002:7f00:1::", "2001:0:7f00:1::", "198.18.0.1", "192.0.2.1",
        ],
    )  # fmt: skip
    def test_not_to_what_is_no_public_address(self, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "ZHIHAI_ORIGIN", "https://zhihai.example")
        assert not reaching.may_reach(ip_address(where), [])

    @pytest.mark.parametrize("where", ["1.1.1.1", "2400:3200::1", "::ffff:1.1.1.1"])
    def test_to_public_ones(self, where: str) -> None:
        assert reaching.may_reach(ip_address(where), [])

    def test_to_networks_that_were_set_and_even_then_not_to_a_link(self) -> None:
        office, everything = [ip_network("10.20.0.0/16")], [ip_network("0.0.0.0/0")]
        assert reaching.may_reach(ip_address("10.20.3.4"), office)
        assert reaching.may_reach(ip_address("::ffff:10.20.3.4"), office)
        assert not reaching.may_reach(ip_address("10.21.3.4"), office)
        assert not reaching.may_reach(ip_address("169.254.169.254"), everything)

    def test_not_to_its_own_machine_where_it_is_real(
        self, catcher: Catcher, district: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "ZHIHAI_ORIGIN", "https://zhihai.example")
        with pytest.raises(reaching.Unreachable):
            back_channel.tell_system(parting(f"{catcher.address}/logout"))
        assert catcher.paths == []

    def test_one_bad_address_of_a_name_is_enough(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [(0, 0, 0, "", ("1.1.1.1", 443)), (0, 0, 0, "", ("10.0.0.1", 443))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: found)
        with pytest.raises(reaching.Unreachable):
            back_channel.tell_system(parting("https://two.example/logout"))

    def test_a_name_that_changes_its_mind_is_gone_to_where_it_was_looked_at(
        self, district: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[object] = []
        gone: list[object] = []
        answers = iter([[(0, 0, 0, "", ("1.1.1.1", 443))], [(0, 0, 0, "", ("10.0.0.1", 443))]])

        def resolve(*args: object, **more: object) -> object:
            asked.append(args)
            return next(answers)

        def connect(where: object, timeout: float) -> socket.socket:
            gone.append(where)
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        monkeypatch.setattr(socket, "create_connection", connect)
        acts.keep_signing_keys(at=clock.now(), at_machine=datetime.now(UTC))
        with pytest.raises(ConnectionRefusedError):
            back_channel.tell_system(parting("https://changing.example/logout"))
        assert gone == [("1.1.1.1", 443)]
        assert len(asked) == 1

    def test_it_is_led_nowhere(self, told: System, catcher: Catcher) -> None:
        acts.keep_signing_keys(at=clock.now(), at_machine=datetime.now(UTC))
        catcher.status, catcher.leads_to = 302, f"{catcher.address}/elsewhere"
        with pytest.raises(reaching.NotTaken):
            back_channel.tell_system(parting(f"{catcher.address}/logout"))
        assert catcher.paths == ["/logout"]

    @pytest.mark.parametrize(
        "said", [b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 200OK\r\n", b"x" * 5000, b"HTTP/1.1 500 no\r\n"]
    )
    def test_what_is_no_answer_is_none(self, said: bytes, district: str) -> None:
        with (
            served_by(lambda line: line.sendall(said)) as address,
            pytest.raises((reaching.NotTaken, ConnectionError)),
        ):
            back_channel.tell_system(parting(f"{address}/logout"))

    def test_one_that_answers_a_letter_at_a_time_has_its_seconds_and_no_more(
        self, district: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(back_channel, "PATIENCE", 0.3)

        def drips(line: socket.socket) -> None:
            for _ in range(100):
                line.sendall(b"H")
                time.sleep(0.02)

        began = time.monotonic()
        with served_by(drips) as address, pytest.raises(TimeoutError):
            back_channel.tell_system(parting(f"{address}/logout"))
        assert time.monotonic() - began < 2

    def test_a_certificate_of_nobodys_is_not_believed(self, district: str, tmp_path: Path) -> None:
        seal = the_chain().seal(at=datetime.now(UTC))
        private = seal.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / "own.pem").write_bytes(private + seal.certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "own.pem")

        def speaks(line: socket.socket) -> None:
            with pytest.raises((ssl.SSLError, OSError)):
                context.wrap_socket(line, server_side=True)

        with served_by(speaks) as address, pytest.raises(ssl.SSLCertVerificationError):
            back_channel.tell_system(parting(address.replace("http:", "https:")))


class served_by:  # noqa: N801
    """A door that does as it is told with whoever comes first; a context, entered with its address."""

    def __init__(self, does: Callable[[socket.socket], None]) -> None:
        acts.keep_signing_keys(at=clock.now(), at_machine=datetime.now(UTC))
        self._door = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, args=(does,), daemon=True)

    def _serve(self, does: Callable[[socket.socket], None]) -> None:
        line, _ = self._door.accept()
        try:
            does(line)
        except OSError:  # whoever came has gone
            return
        finally:
            line.close()

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def __exit__(self, *args: object) -> None:
        self._thread.join(5)
        self._door.close()
