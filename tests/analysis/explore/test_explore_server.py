"""Who is let in by the explorer's server, what it answers, and what it refuses in a line."""

import http.client
import json
import socket
import threading
from contextlib import closing

import pytest

from counterpulse.analysis.explore.questions import Explorer
from counterpulse.analysis.explore.server import MOST_BYTES, Server

CHOICE = {"x": "systemic_resistance", "y": "wedge_pressure", "arm": "iabp", "definition": "by-cohort", "cohort": ""}


@pytest.fixture(scope="module")
def server(people):
    with Server(Explorer(people.assign_attrs(spec='{"name": "<script>alert(1)</script>"}'))) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def ask(server):
    """Ask over a connection that stays open: status, headers, content."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:

        def request(method, path, body=None, cookie=server.cookie, **headers):
            given = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
            if cookie:
                given["Cookie"] = f"other=1; {cookie}"
            if isinstance(body, dict):
                body, given = json.dumps(body), {"Content-Type": "application/json", **given}
            connection.request(method, path, body, given)
            reply = connection.getresponse()
            content = reply.read()
            if reply.getheader("Content-Type", "").startswith("application/json"):
                content = json.loads(content)
            return reply.status, reply.headers, content

        yield request


def done(ask, path, question):
    while "counting" in (told := ask("POST", path, question)[2]):
        pass
    return told


def test_the_page_and_its_parts(ask, server):
    status, headers, content = ask("GET", f"/?token={server.token}", cookie=None)
    assert status == 200
    assert b"app.js" in content
    assert headers["Set-Cookie"] == f"{server.cookie}; Path=/; HttpOnly; SameSite=Strict"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    for name, kind in {"app.js": "javascript", "map.js": "javascript", "style.css": "css"}.items():
        status, headers, content = ask("GET", f"/{name}")
        assert status == 200
        assert kind in headers["Content-Type"]
        assert b"http://" not in content.replace(b"http://www.w3.org/2000/svg", b"")  # nothing remote
        assert b"https://" not in content
        assert b"innerHTML" not in content


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1"},
        {"cookie": None},
        {"cookie": "counterpulse-1=wrong"},
        {"cookie": "token\u00e9=x"},
    ],
)
@pytest.mark.parametrize(("method", "path", "body"), [("GET", "/app.js", None), ("POST", "/api/map", CHOICE)])
def test_others_are_not_let_in(ask, method, path, body, headers):
    status, _, content = ask(method, path, body, **headers)
    assert status == 403
    assert list(content) == ["error"]


def test_a_wrong_token_or_a_token_elsewhere(ask, server):
    assert ask("GET", "/?token=wrong", cookie=None)[0] == 403
    assert ask("GET", f"/app.js?token={server.token}", cookie=None)[0] == 403
    assert ask("POST", f"/api/about?token={server.token}", {}, cookie=None)[0] == 403


def test_through_a_tunnel_with_another_port(ask):
    named = {"Host": "localhost:9000", "Origin": "http://localhost:9000"}
    assert ask("POST", "/api/about", {}, **named)[0] == 200
    assert ask("POST", "/api/about", {}, **{**named, "Origin": "http://localhost:9001"})[0] == 403


@pytest.mark.parametrize(
    "path",
    ["/../explore.py", "/%2e%2e/explore.py", "/etc/passwd", "/index.html", "/explorer/app.js", "/app.js/", "//app"],
)
def test_no_other_file(ask, path):
    status, _, content = ask("GET", path)
    assert status == 404
    assert content == {"error": "there is no such page"}


def test_methods(ask):
    assert ask("GET", "/api/about")[0] == 405
    assert ask("POST", "/app.js", {})[0] == 404
    for method in ("PUT", "DELETE", "OPTIONS"):
        assert ask(method, "/api/about")[0] == 501


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"[1]", {"Content-Type": "application/json"}, 400),
        (b"\xff\xfe", {"Content-Type": "application/json"}, 400),
        (b"[" * 60_000, {"Content-Type": "application/json"}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b" " * (MOST_BYTES + 1), {"Content-Type": "application/json"}, 413),
        (b"{}", {"Content-Type": "application/json", "Content-Length": "-2"}, 411),
        (b"{}", {"Content-Type": "application/json", "Content-Length": "9" * 50}, 413),
    ],
)
def test_questions_that_are_none(ask, body, headers, status):
    found, _, content = ask("POST", "/api/about", body, **headers)
    assert found == status
    assert "\n" not in content["error"]


@pytest.mark.parametrize(
    ("path", "question", "says"),
    [
        ("map", {}, "x: a name is needed"),
        ("map", {**CHOICE, "x": "hart_rate"}, "did you mean 'heart_rate'"),
        ("map", {**CHOICE, "y": CHOICE["x"]}, "two different axes"),
        ("map", {**CHOICE, "x": "device_flow"}, "is 0 in every patient"),
        ("rectangle", CHOICE, "left: a whole number is needed"),
        ("rectangle", {**CHOICE, "left": 0.5}, "left: a whole number is needed"),
        ("rectangle", {**CHOICE, "left": 0, "right": 10**6, "bottom": 0, "top": 0}, "are not on the map"),
        ("patient", {**CHOICE, "index": True}, "index: a whole number is needed"),
        ("patient", {**CHOICE, "index": 10**30}, "index: a whole number is needed"),
        ("patient", {**CHOICE, "index": -1}, "index: -1 is outside 0 to 19999"),
        ("patient", {**CHOICE, "index": 0, "settings": [1]}, "settings: a table"),
        ("patient", {**CHOICE, "index": 0, "settings": {"heart_rate": "90"}}, "heart_rate: a number is needed"),
        ("patient", {**CHOICE, "index": 0, "settings": {"heart_rate": float("nan")}}, "heart_rate: a number"),
        ("patient", {**CHOICE, "index": 0, "settings": {"heart_rate": 1e400}}, "heart_rate: a number is needed"),
        ("patient", {**CHOICE, "index": 0, "settings": {"heart_rate": 1000}}, "outside its physical range"),
    ],
)
def test_bad_input_is_one_line(ask, path, question, says):
    for _ in range(200):
        status, _, content = ask("POST", f"/api/{path}", question)
        if "counting" not in content:
            break
    assert status == 400
    assert says in content["error"]
    assert "\n" not in content["error"]


def test_answers_on_one_connection(ask):
    status, headers, about = ask("POST", "/api/about", {})
    assert status == 200
    assert about["title"] == "<script>alert(1)</script>"  # as text: the page sets it as such
    assert headers["Content-Type"].startswith("application/json")
    map_ = done(ask, "/api/map", CHOICE)
    assert sum(map(sum, map_["patients"])) + map_["off_the_map"] == map_["compared"]
    told = done(ask, "/api/rectangle", {**CHOICE, "left": 0, "right": 2, "bottom": 0, "top": 2})
    assert told["patients"] == sum(map_["patients"][row][column] for row in range(3) for column in range(3))


def test_others_are_answered_while_a_count_runs(server, ask, monkeypatch):
    started, go_on = threading.Event(), threading.Event()
    counting = server._explorer._maps._make

    def slow(choice, tell):
        started.set()
        assert go_on.wait(30)
        return counting(choice, tell)

    monkeypatch.setattr(server._explorer._maps, "_make", slow)
    question = {**CHOICE, "definition": "sintek"}
    status, _, content = ask("POST", "/api/map", question)
    assert (status, content) == (200, {"counting": 0.0})
    assert started.wait(10)
    assert ask("POST", "/api/about", {})[0] == 200
    assert ask("GET", "/app.js")[0] == 200
    go_on.set()
    assert done(ask, "/api/map", question)["compared"] > 0


def test_what_breaks_inside_is_told_without_a_traceback(server, ask, monkeypatch):
    def broken(question):
        raise OSError("the disk\nis gone")

    monkeypatch.setitem(server.answers, "/api/about", broken)
    status, _, content = ask("POST", "/api/about", {})
    assert (status, content) == (500, {"error": "OSError: the disk is gone"})


def test_no_request_of_http_at_all(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        told = connection.recv(4096)
    assert b" 400 " in told or b'"error"' in told
    assert b"<html" not in told.lower()


def test_this_machine_alone(server):
    assert server.socket.getsockname()[0] == "127.0.0.1"
    assert server.url.startswith(f"http://127.0.0.1:{server.port}/?token=")
    assert len(server.token) >= 32


def test_a_port_in_use(server, people):
    explorer = Explorer(people)
    with pytest.raises(OSError, match="in use"):
        Server(explorer, server.port)
    explorer.close()
