"""TLS in front of the emulated AWS: who talks to AWS pays for it, so what is measured must."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit


@contextmanager
def behind_tls(url: str, directory: Path) -> Iterator[tuple[str, Path]]:
    """Yield an https URL that leads to `url`, and the certificate to trust."""
    certificate, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", str(key), "-out", str(certificate),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    target = urlsplit(url)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(
            target=_accept, args=(server, context, (target.hostname, target.port)), daemon=True
        ).start()
        yield f"https://localhost:{server.getsockname()[1]}", certificate


def _accept(server: socket.socket, context: ssl.SSLContext, target: tuple[object, object]) -> None:
    with suppress(OSError):  # the server is closed at the end
        while True:
            plain, _ = server.accept()
            threading.Thread(target=_serve, args=(plain, context, target), daemon=True).start()


def _serve(plain: socket.socket, context: ssl.SSLContext, target: tuple[object, object]) -> None:
    with (
        suppress(OSError),
        context.wrap_socket(plain, server_side=True) as secure,
        socket.create_connection(target) as upstream,  # type: ignore[arg-type]
    ):
        back = threading.Thread(target=_copy, args=(upstream, secure), daemon=True)
        back.start()
        _copy(secure, upstream)
        back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
