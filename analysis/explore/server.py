"""The explorer's page and its answers over HTTP, for this machine and whoever has the token alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib import resources
from secrets import compare_digest, token_urlsafe
from socketserver import ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ...engine import InputError
from ..words.text import clean, to_json
from .questions import Explorer
from .rectangle import Rectangle

ADDRESS = "127.0.0.1"
HOSTS = (ADDRESS, "localhost")
"""Names a browser may call this server by; the port may be another, that of a tunnel."""

MOST_BYTES = 1 << 16
"""Bytes of a request's body."""

SECONDS = 60.0
"""Time after which a connection that says nothing is closed."""

TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
JSON = "application/json"

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """A request that is not answered: the status, and why in a line."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class Server(ThreadingTCPServer):
    """An explorer on a port of this machine that nobody else can reach; a context that closes both.

    Parameters
    ----------
    explorer : Explorer
        What is asked.
    port : int
        0 takes a free one.

    Raises
    ------
    OSError
        Where the port cannot be had.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, explorer: Explorer, port: int = 0) -> None:
        self.token = token_urlsafe(24)
        self.files = {
            f"/{file.name}": (file.read_bytes(), TYPES[f".{file.name.rpartition('.')[2]}"])
            for file in resources.files(__package__).joinpath("page").iterdir()
        }
        self.files["/"] = self.files.pop("/index.html")
        self.answers = _answers(explorer)
        self._explorer = explorer
        super().__init__((ADDRESS, port), Handler)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.socket.getsockname()[1])

    @property
    def url(self) -> str:
        """Address of the page, with the token that lets in."""
        return f"http://{ADDRESS}:{self.port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """Name and value of the cookie that lets in afterwards; a browser keeps one jar for all ports of a machine."""
        return f"counterpulse-{self.port}={self.token}"

    def server_close(self) -> None:
        """Stop listening, and end what is being counted."""
        super().server_close()
        self._explorer.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that broke; what goes wrong in an answer is told to whom it was for."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "counterpulse", ""
    timeout = SECONDS
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Give a file of the page."""
        self._guarded(self._file)

    def do_POST(self) -> None:
        """Answer a question."""
        self._guarded(self._answer)

    def _guarded(self, answer: Callable[[], None]) -> None:
        try:
            self._let_in()
            answer()
        except Refused as refused:
            self._refuse(refused.status, refused.why)
        except InputError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error), close=False)
        except ConnectionError:
            raise
        except Exception as error:
            reason = " ".join(str(error).split())[:300]
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"{type(error).__name__}: {reason}")

    def _let_in(self) -> None:
        """Refuse other sites: by the host's name (rebinding of DNS), by the origin, and by the token."""
        host = self.headers.get("Host", "")
        if host.rpartition(":")[0] not in HOSTS and host not in HOSTS:
            raise Refused(HTTPStatus.FORBIDDEN, f"this server is called {' or '.join(HOSTS)}, no other name")
        if self.headers.get("Origin", f"http://{host}") != f"http://{host}":
            raise Refused(HTTPStatus.FORBIDDEN, "another site may not ask this server")
        url = urlsplit(self.path)
        given = parse_qs(url.query).get("token", [""])[0] if url.path == "/" else ""
        cookies = [each.strip() for each in self.headers.get("Cookie", "").split(";")]
        if not _same(given, self.server.token) and not any(_same(each, self.server.cookie) for each in cookies):
            raise Refused(HTTPStatus.FORBIDDEN, "open the address that counterpulse explore has printed, token and all")

    def _file(self) -> None:
        path = urlsplit(self.path).path
        if path in self.server.answers:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} wants POST")
        if path not in self.server.files:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such page")
        content, kind = self.server.files[path]
        cookie = f"{self.server.cookie}; Path=/; HttpOnly; SameSite=Strict"
        self._send(HTTPStatus.OK, content, kind, {"Set-Cookie": cookie} if path == "/" else {})

    def _answer(self) -> None:
        answer = self.server.answers.get(urlsplit(self.path).path)
        if answer is None:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such question")
        self._send(HTTPStatus.OK, to_json(answer(self._question())).encode(), JSON)

    def _question(self) -> dict[str, Any]:
        if self.headers.get_content_type() != JSON:
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"a question is {JSON}")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "the length of the question is needed")
        if len(length) > 9 or int(length) > MOST_BYTES:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a question has at most {MOST_BYTES} bytes")
        body = self.rfile.read(int(length))
        try:
            question = json.loads(body)
        except (ValueError, RecursionError):
            question = None
        if not isinstance(question, dict):
            raise InputError("the question is no JSON object")
        return question

    def _refuse(self, status: HTTPStatus, why: str, close: bool = True) -> None:
        self.close_connection = self.close_connection or close
        self._send(status, to_json({"error": clean(why)}).encode(), JSON)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request of HTTP, or of a method that is not known."""
        self._refuse(HTTPStatus(code), message or HTTPStatus(code).phrase)

    def _send(self, status: HTTPStatus, content: bytes, kind: str, more: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        described = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(content))}
        if self.close_connection:
            described["Connection"] = "close"
        for name, value in {**described, **HEADERS, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep no log: an address with the token would be in it."""


def _same(given: str, known: str) -> bool:
    return compare_digest(given.encode("utf-8", "replace"), known.encode())


def _answers(explorer: Explorer) -> dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
    """Questions by path; numbers are checked for their kind here, for their range by the explorer."""

    def rectangle(question: Mapping[str, Any]) -> dict[str, Any]:
        cells = [_whole(question, name) for name in Rectangle._fields]
        return explorer.rectangle(explorer.choice(question), Rectangle(*cells))

    def patient(question: Mapping[str, Any]) -> dict[str, Any]:
        given = question.get("settings", {})
        if not isinstance(given, dict):
            raise InputError("settings: a table of parameters and values is needed")
        settings = {name: _number(given, name) for name in given}
        return explorer.patient(explorer.choice(question), _whole(question, "index"), settings)

    return {
        "/api/about": lambda question: explorer.about(),
        "/api/map": lambda question: explorer.map(explorer.choice(question)),
        "/api/rectangle": rectangle,
        "/api/patient": patient,
    }


def _number(given: Mapping[str, Any], name: str) -> float:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        raise InputError(f"{name}: a number is needed")
    return float(value)


def _whole(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not abs(value) < 1 << 53:
        raise InputError(f"{name}: a whole number is needed")
    return value
