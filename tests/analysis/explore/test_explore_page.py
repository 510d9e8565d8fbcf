"""The command explore, and its page in a real browser that is driven over the DevTools protocol."""

import asyncio
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from tornado.websocket import websocket_connect

import counterpulse as cp
from counterpulse.cli import explore
from counterpulse.cli.group import main

assert explore  # importing it makes the command

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Browser:
    """One page of a headless chromium; what its console complains of stands in ``complaints``."""

    def __init__(self, port):
        self._loop = asyncio.new_event_loop()
        pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10))
        address = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        self._socket = self._loop.run_until_complete(_connected(address))
        self._turn = 0
        self.complaints = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method, **parameters):
        self._turn += 1
        return self._loop.run_until_complete(asyncio.wait_for(self._ask(method, parameters), 60))

    async def _ask(self, method, parameters):
        own = self._turn
        await self._socket.write_message(json.dumps({"id": own, "method": method, "params": parameters}))
        while True:
            message = json.loads(await self._socket.read_message())
            about = message.get("params", {})
            if "exceptionDetails" in about or about.get("entry", {}).get("level") == "error":
                self.complaints.append(about)
            if message.get("id") == own:
                assert "error" not in message, message
                return message["result"]

    def do(self, script):
        """Value of an expression, awaited."""
        told = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def until(self, script, seconds=60):
        """Wait until an expression is true, and give its value."""
        end = time.monotonic() + seconds
        while not (value := self.do(script)):
            assert time.monotonic() < end, f"never came true: {script}; {self.do('document.body.innerText')}"
            time.sleep(0.05)
        return value

    def screen(self, width, height, mobile=False):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def picture(self, name):
        """Keep a picture of the whole page where EXPLORE_PICTURES says, for people to look at."""
        if folder := os.environ.get("EXPLORE_PICTURES"):
            data = self.send("Page.captureScreenshot", captureBeyondViewport=True)["data"]
            (Path(folder) / name).write_bytes(base64.b64decode(data))

    def drag(self, start, end):
        """Press at a point of the window, move, let go."""
        for kind, (x, y) in (("mousePressed", start), ("mouseMoved", end), ("mouseReleased", end)):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def press(self, key, shift=False):
        code = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Escape": 27, "Tab": 9}[key]
        for kind in ("rawKeyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, modifiers=8 * shift)


async def _connected(address):
    return await websocket_connect(address, max_message_size=1 << 28)


@contextmanager
def chromium(folder):
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    command = [CHROMIUM, *flags, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = folder / "DevToolsActivePort"
        end = time.monotonic() + 60
        while not (port.exists() and port.read_text()):
            assert process.poll() is None, "chromium does not start"
            assert time.monotonic() < end, "chromium does not answer"
            time.sleep(0.05)
        yield Browser(int(port.read_text().split()[0]))
    finally:
        process.terminate()
        process.wait(20)


SWEEP = """
name = "<b id='bold'>Many</b> patients"
cohort = "ami-cs"
patients = 512
seed = 5
window = false

[vary]
systemic_resistance = { low = 0.6, high = 2.0 }
heart_rate = { low = 60, high = 150 }

[arms.off]
[arms.iabp]
balloon_volume = 40

[run]
block = 256
other_modes = 0
warm_start = false
"""
COMMAND = "from counterpulse.cli import explore, group; group.main()"


@pytest.fixture(scope="module")
def store(tmp_path_factory, in_this_process):
    folder = tmp_path_factory.mktemp("explore")
    (folder / "sweep.toml").write_text(SWEEP, encoding="utf-8")
    with in_this_process(), pytest.raises(SystemExit) as left:
        main(["run", str(folder / "sweep.toml"), "-o", str(folder / "sweep.zarr"), "--array-task", "0/1"])
    assert left.value.code == 0
    return folder / "sweep.zarr"


def command(*arguments):
    process = [sys.executable, "-c", COMMAND, "explore", *map(str, arguments)]
    return subprocess.Popen(process, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def serving(*arguments):
    """The command, until it is interrupted; its address."""
    process = command(*arguments, "--json")
    try:
        told = ""
        while not told.endswith("}\n"):
            line = process.stdout.readline()
            assert line, process.communicate(timeout=90)
            told += line
        yield json.loads(told)["url"]
        process.send_signal(signal.SIGINT)
        out, messages = process.communicate(timeout=90)
        assert process.returncode == 0
        assert out == ""
        assert messages.splitlines()[-1] == "stopped"
        assert "Traceback" not in messages
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def url(store):
    with serving(store) as address:
        yield address


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("a page in a browser: install chromium")
    with chromium(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture
def page(browser, url):
    """The page with its map counted, wide; a console without complaints is asked for at the end."""
    browser.screen(1400, 1000)
    browser.complaints.clear()
    browser.send("Page.navigate", url=url)
    browser.until("document.querySelector('#map-title')?.textContent.startsWith('Where iabp')")
    yield browser
    browser.do("1")
    assert browser.complaints == []


BOX = "(box => [box.left, box.top, box.width, box.height])(document.querySelector('#map').getBoundingClientRect())"
TEXT = "document.querySelector('{}').textContent"


def drawn(page):
    """Draw a rectangle in the middle of the map; the number of patients in it."""
    left, top, width, height = page.do(BOX)
    page.drag((left + 0.35 * width, top + 0.7 * height), (left + 0.7 * width, top + 0.3 * height))
    page.until("document.querySelectorAll('#rows tbody tr').length > 0")
    return page.do("[...document.querySelectorAll('#classes tbody tr')].map(row => Number(row.cells[1].textContent))")


def bounds(page):
    numbers = r"(/resistance ([\d.]+) to ([\d.]+).*rate ([\d.]+) to ([\d.]+)/).exec"
    return [float(each) for each in page.do(f"{numbers}({TEXT.format('#rule')}).slice(1)")]


def test_the_map_and_a_rectangle(page, store):
    assert page.do("document.title") == "<b id='bold'>Many</b> patients \N{EN DASH} counterpulse explore"
    assert page.do("document.querySelector('#bold')") is None  # text of the store is text
    assert page.do("location.search + location.pathname") == "/"  # the token does not stay in the address
    left, right, bottom, top = (counts := drawn(page)) and bounds(page)
    result = cp.classify(cp.open_store(store).load())
    rate, resistance = result["heart_rate"].values, result["systemic_resistance"].values
    inside = (resistance >= left) & (resistance < right) & (rate >= bottom) & (rate < top)
    response = result["response"].values[inside]
    assert counts == [int((response == code).sum()) for code in (3, 4, 2)]
    assert sum(counts) > 5
    page.picture("rectangle.png")


def test_the_colours_are_those_of_the_shares(page):
    """The blue of the darkest cell is darker than that of the lightest; another class has another colour."""
    shades = """(() => { const pen = document.querySelector('canvas').getContext('2d');
        const { width, height } = pen.canvas; const data = pen.getImageData(62, 10, width - 140, height - 60).data;
        return [0, 1, 2].map(part => { let sum = 0; for (let at = part; at < data.length; at += 4) sum += data[at];
        return sum / (data.length / 4); }); })()"""
    red, _, blue = page.do(shades)
    assert blue > red + 20
    page.do(
        "(each => { each.value = 'harms'; each.dispatchEvent(new Event('change', {bubbles: true})); })"
        "(document.querySelector('#shown'))"
    )
    page.until("document.querySelector('#map-title').textContent.startsWith('Where iabp harmed')")
    red, _, blue = page.do(shades)
    assert red > blue


def test_with_the_keys_alone(page):
    page.do("document.querySelector('#map').focus()")
    page.press("ArrowRight")
    page.until("document.querySelector('#rule').textContent.startsWith('With')")
    first = bounds(page)
    for key, shift in (("ArrowLeft", False), ("ArrowUp", True), ("ArrowRight", True)):
        page.press(key, shift)
    step = first[1] - first[0]
    expected = [first[0] - step, first[1], first[2], first[3] + first[3] - first[2]]
    end = time.monotonic() + 20
    while (moved := bounds(page)) != pytest.approx(expected, rel=2e-3):
        assert time.monotonic() < end, (moved, expected)
    page.press("Escape")
    page.until("document.querySelector('#rule').textContent === 'No rectangle is drawn.'")
    names = page.do("""[...document.querySelectorAll('select, input, button')].filter(each => each.offsetParent)
        .map(each => each.getAttribute('aria-label') || each.textContent || each.labels?.[0]?.textContent.trim())""")
    assert all(names)  # every control says what it is


def test_a_patient_and_a_slider(page):
    drawn(page)
    page.do("document.querySelector('#rows tbody button').click()")
    page.until("document.querySelectorAll('#outcomes tbody tr').length > 5")
    wave = "document.querySelector('#pressure .wave.with').getAttribute('d')"
    before, output = page.do(wave), "document.querySelector('#outcomes tbody tr').cells[2].textContent"
    first = page.do(output)
    assert page.do("document.querySelector('#map .dot') !== null")
    page.do(
        "(each => { each.value = 0; each.dispatchEvent(new Event('input')); })"
        "(document.querySelector('#slide-balloon_volume'))"
    )
    page.until(f"{wave} !== {json.dumps(before)}")
    outputs = page.do("[...document.querySelector('#outcomes tbody tr').cells].slice(1, 3).map(e => e.textContent)")
    assert outputs[0] == outputs[1] != first  # a balloon of 0 mL is no balloon
    page.until("!document.querySelector('#as-stored').disabled")
    page.do("document.querySelector('#as-stored').click()")
    page.until(f"{output} === {json.dumps(first)}")
    page.picture("patient.png")


def test_what_is_refused_is_said_on_the_page(page):
    page.do(
        "(each => { each.value = 'heart_rate'; each.dispatchEvent(new Event('change', {bubbles: true})); })"
        "(document.querySelector('#x'))"
    )
    page.until("document.querySelector('#trouble').textContent.includes('two different axes are needed')")
    assert page.do("getComputedStyle(document.querySelector('#trouble')).display") != "none"
    page.complaints[:] = [each for each in page.complaints if "status of 400" not in json.dumps(each)]


def test_on_a_narrow_screen(page):
    drawn(page)
    page.do("document.querySelector('#rows tbody button').click()")
    page.until("document.querySelectorAll('#outcomes tbody tr').length > 5")
    page.screen(390, 844, mobile=True)
    page.until("document.querySelector('#map canvas').clientWidth < 390")
    assert page.do("document.documentElement.scrollWidth") <= 390
    ends = page.do("(b => [b.right])(document.querySelector('#pressure .wave.with').getBoundingClientRect())")
    assert np.max(ends) <= 390
    page.picture("narrow.png")


def test_without_the_token_there_is_nothing(browser, url):
    browser.send("Network.clearBrowserCookies")
    browser.send("Page.navigate", url=url.partition("?")[0])
    browser.until("document.body && document.body.innerText.includes('token and all')")


def test_bad_input_to_the_command(store, tmp_path, capfd):
    def refused(*arguments):
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            main(["explore", *map(str, arguments)])
        out, messages = capfd.readouterr()
        assert out == ""
        assert len(messages.splitlines()) == 1
        return left.value.code, messages

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, message = refused(store, "--port", port)
    assert code == 2
    assert message == f"counterpulse: --port: {port} is in use; give another, or none for a free one\n"
    code, message = refused(tmp_path / "no.zarr")
    assert code == 2
    assert "no such store" in message
    code, message = refused(store, "--threshold", "helps_output_gian=.2")
    assert code == 2
    assert "did you mean 'helps_output_gain'" in message
