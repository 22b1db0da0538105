"""The page of a real lab, as a person starts it: asked over HTTP, and looked at in a real Chromium."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import aiohttp
import pytest

from mockcloud.dashboard.serving import HEADERS
from mockcloud.testing import LabFailed, lab
from mockcloud.testing.command import mockcloud
from testkit.chromium import browser_tab, chromium_path

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
SECONDS = 90
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]},
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "traefik/whoami", "ports": [{"containerPort": 80}]}]},
}
EVENT = {
    "apiVersion": "v1",
    "kind": "Event",
    "metadata": {"name": "hostile"},
    "involvedObject": {"kind": HOSTILE, "namespace": "default", "name": HOSTILE},
    "reason": HOSTILE,
    "message": HOSTILE,
    "type": "Warning",
}
in_chromium = pytest.mark.skipif(chromium_path() is None, reason="needs chromium (apt-get install chromium)")


@pytest.fixture(scope="module")
def mine():
    with lab(options=("--nodes", "2")) as made:
        made.apply(POD, SERVICE)
        made.wait_announced("web")
        yield made


@pytest.fixture(autouse=True)
def mended(mine):
    """No test leaves a fault to the next."""
    yield
    mockcloud(mine.environment, "fault", "heal", "--name", mine.name, "--all")


def started(made, *options: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "mockcloud", "dashboard", "--name", made.name, *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(words, env=dict(made.environment), **pipes)


def address(process: subprocess.Popen[str]) -> str:
    """What it prints first."""
    return process.stdout.readline().split()[-1]


@contextlib.contextmanager
def serving(made) -> Iterator[str]:
    """The page's address while it is served."""
    with started(made) as process:
        try:
            yield address(process)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 128 + signal.SIGTERM
        assert process.stderr.read() == "mockcloud: interrupted by SIGTERM\n"


@pytest.fixture(scope="module")
def served(mine):
    with serving(mine) as url:
        yield url


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(SECONDS)) as session:
        yield session


@pytest.fixture
async def tab(served, tmp_path):
    async with browser_tab(tmp_path) as opened:
        await opened.call("Page.navigate", url=served)
        await opened.until("document.querySelector('#connection')?.textContent === 'live'")
        await opened.until("document.querySelectorAll('#host-cards > li').length === 4")
        yield opened
        assert opened.problems == []


def announcer(made) -> str:
    """Who announces it, when all agree: after a fault two nodes may, and the conflict is over in a minute."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return made.announcer("web")
        except LabFailed:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


async def parts(answer) -> object:
    """The stream's parts as they come: name and value."""
    name = ""
    async for line in answer.content:
        text = line.decode().rstrip("\n")
        if text.startswith("event: "):
            name = text.removeprefix("event: ")
        elif text.startswith("data: "):
            yield name, json.loads(text.removeprefix("data: "))


def listed(made) -> list[str]:
    found = json.loads(mockcloud(made.environment, "fault", "list", "--name", made.name, "-o", "json"))
    return [each["what"] for each in found]


async def test_the_stream_tells_what_is_and_what_changes(mine, served, http):
    """Each part once, then only what has changed: a fault, put on by whomever, and that it is mended."""
    async with http.get(f"{served}live") as answer:
        assert answer.content_type == "text/event-stream"
        seen, found = set(), {}
        async for name, value in parts(answer):
            seen.add(name)
            found[name] = value
            on = [each["what"] for each in found.get("faults", [])]
            if len(seen) == 8 and found["lab"]["connected"] and not on:
                mockcloud(mine.environment, "fault", "loss", "--name", mine.name, "node-1", "1.5")
            if on:
                break
        assert on == ["1.5 % of all frames to and from node-1 are lost"]
    web = next(each for each in found["services"] if each["name"] == "web")
    assert (web["announced"], web["external"]) == ("True", ["192.168.10.200"])
    assert web["announcers"] == [announcer(mine)]
    assert [each["used"] for each in found["pools"]["pools"]] == [1]


async def test_only_the_owner_of_the_secret_is_answered(served, http):
    """Another path, another name of this host, another page that would change something: each is refused."""
    root, token = served[: served.index("/", 7)], served.split("/")[3]
    for path in ("/", "/live", "/x/", "/x/live", f"/{token[:-1]}/", f"/{token}/../x", "/faults"):
        async with http.get(root + path) as answer:
            assert answer.status == 404, path
            assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    for host in (
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "127.0.0.1:x",
        "a:b:c",
        "[::1",
        "@",
    ):
        async with http.get(served, headers={"Host": host}) as answer:
            assert answer.status == 421, host
    fault = {"json": {"kind": "link", "hosts": ["node-1"]}}
    async with http.post(f"{served}faults", **fault, headers={"Origin": "http://evil.example"}) as answer:
        assert answer.status == 403
    async with http.post(f"{served}faults", data=json.dumps(fault["json"])) as answer:
        assert answer.status == 415
    async with http.post(f"{root}/x/faults", **fault) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("path", "sent", "said"),
    [
        ("faults", {"kind": "link", "hosts": ["node-9"]}, "no host is called 'node-9': this lab has"),
        ("faults", {"kind": "fire"}, "kind 'fire': expected one of"),
        ("faults", [], "[]: expected an object"),
        ("probe", {"address": "web", "port": 80}, "address 'web': expected an IP address"),
        ("kill", {"daemon": "x"}, "no daemon is called 'x': this lab has"),
    ],
    ids=["host", "kind", "nothing", "probe", "daemon"],
)
async def test_what_cannot_be_is_refused_in_words(served, http, path, sent, said):
    """As the command would say it."""
    async with http.post(served + path, json=sent) as answer:
        assert (answer.status, (await answer.json())["error"][: len(said)]) == (400, said)


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("application/json", b'{"kind": "loss", "percent": %b}' % (b"1" * 5000)),
        ("application/json; charset=none", b"\xff"),
        ("application/json", b"[" * 60_000),
    ],
    ids=["digits", "charset", "depth"],
)
async def test_what_no_reader_of_json_takes_is_refused(served, http, kind, sent):
    """It is the asker's mistake, and nothing for the log."""
    async with http.post(f"{served}faults", data=sent, headers={"Content-Type": kind}) as answer:
        assert (answer.status, (await answer.json())["error"][:8]) == (400, "not JSON")


async def test_a_fault_that_is_not_on_cannot_be_mended(mine, served, http):
    """It says which are; text that is no JSON is refused, too."""
    async with http.delete(f"{served}faults/77") as answer:
        assert (await answer.json())["error"] == "fault 77 is not on: those that are: none"
    async with http.post(f"{served}faults", data="{", headers={"Content-Type": "application/json"}) as answer:
        assert (answer.status, (await answer.json())["error"][:8]) == (400, "not JSON")
    assert listed(mine) == []


@in_chromium
async def test_a_lab_seen_and_broken_with_the_keyboard(mine, tab):
    """Cut the announcer's cable by its button: the address is seen to move; then mend it."""
    first = announcer(mine)
    await tab.until("document.querySelector('#service-rows').innerText.includes('192.168.10.200')")
    await tab.until("document.querySelector('#pool-list').innerText.includes('1 of 51 in use')")
    button = f"document.querySelector('[aria-label=\"Cut the cable of {first}\"]')"
    await tab.run(f"{button}.focus()")
    await tab.press("Enter", 13, "\r")
    await tab.until(
        f"document.querySelector('#fault-list').innerText.includes('frame passes to or from {first}')"
    )
    assert listed(mine) == [f"no frame passes to or from {first}"]
    other = {"node-1": "node-2", "node-2": "node-1"}[first]
    await tab.until(f"document.querySelector('#spoken').innerText.includes('announced by {other}')")
    await tab.until("document.querySelector('#host-cards').innerText.includes('announces 192.168.10.200')")
    focused = await tab.run("document.activeElement.getAttribute('aria-label')")
    assert focused == f"Mend the cable of {first}", "the focus stays on the button while the page changes"
    await tab.press(" ", 32, " ")
    await tab.until("document.querySelector('#fault-list').childElementCount === 0")
    assert listed(mine) == []


@in_chromium
async def test_faults_by_the_form(mine, tab):
    """Its fields fit what is to be broken; what is refused is said."""
    await tab.run(
        """(() => {
          const form = document.querySelector('#fault-form');
          form.elements.kind.value = 'loss';
          form.dispatchEvent(new Event('change'));
          form.elements.host.value = 'node-2';
          form.elements.percent.value = '12.5';
          form.requestSubmit();
        })()"""
    )
    await tab.until("document.querySelector('#fault-list').innerText.includes('12.5 %')")
    assert listed(mine) == ["12.5 % of all frames to and from node-2 are lost"]
    labels = "[...document.querySelectorAll('#fault-form label:not([hidden])')]"
    visible = f"{labels}.map((label) => label.firstChild.data.trim())"
    assert await tab.run(visible) == ["Break", "host", "percent"]
    await tab.run(
        """(() => {
          const form = document.querySelector('#fault-form');
          form.elements.kind.value = 'partition';
          form.dispatchEvent(new Event('change'));
          form.elements.other.value = form.elements.host.value;
          form.requestSubmit();
        })()"""
    )
    await tab.until("document.querySelector('#refused').innerText === 'node-2 cannot be on both sides'")
    assert ["400 (Bad Request)" in each for each in tab.problems] == [True]
    tab.problems.clear()
    await tab.run("document.querySelector('#fault-list button').focus()")
    await tab.press("Enter", 13, "\r")
    await tab.until("document.querySelector('#fault-list').childElementCount === 0")
    assert await tab.run("document.activeElement.id") == "faults", "its button is gone; the focus is not lost"


@in_chromium
async def test_a_failover_watched(mine, tab):
    """While the client connects, the announcer's cable is cut: the gap is shown, and that it is over."""
    await tab.until("document.querySelector('#probe-form select').value === '192.168.10.200 80'")
    await tab.run("document.querySelector('#probe-form').requestSubmit()")
    await tab.until("document.querySelectorAll('#bars .good').length > 1")
    made = mockcloud(mine.environment, "fault", "link", "--name", mine.name, announcer(mine))
    await tab.until("document.querySelector('#gaps').innerText.includes('without a connection')")
    # A gap is told at once, a lost connection when it is given up.
    await tab.until("document.querySelectorAll('#bars .bad, #bars .mixed').length > 0")
    mockcloud(mine.environment, "fault", "heal", "--name", mine.name, made.split(":")[0].split()[-1])
    await tab.until("!document.querySelector('#gaps').innerText.includes('until now')")
    await tab.run("document.querySelector('#probe-stop').click()")
    await tab.until("document.querySelector('#probe-said').innerText.endsWith('it was stopped')")
    assert await tab.run("document.querySelector('#probe-stop').hidden")
    asked = "performance.getEntriesByType('resource').filter((each) => each.name.endsWith('/probe')).length"
    assert await tab.run(asked) == 2, "each press asks once, however many faults came and went before"


@in_chromium
async def test_a_connection_drawn_hop_by_hop(mine, tab):
    """From the client to the pod and back; then one that nobody answers, and one that cannot be asked for."""
    await tab.until("document.querySelector('#targets option')?.value === 'http://192.168.10.200/'")
    submit = """(() => {{
      const form = document.querySelector('#trace-form');
      form.elements.target.value = {};
      form.requestSubmit();
    }})()"""
    await tab.run(submit.format("'http://192.168.10.200/'"))
    await tab.until("/connected, by [0-9]+ steps/.test(document.querySelector('#trace-said').innerText)")
    places = await tab.run("[...document.querySelectorAll('#hops strong')].map((e) => e.innerText)")
    assert (places[0], places[-1]) == ("client", "client")
    first = await tab.run("document.querySelector('#hops li').innerText")
    assert f"answers: {places[1]} (eth0)" in first, "it goes on at the node that answered for the address"
    assert "pod default/web" in await tab.run("document.querySelector('#hops .pod').innerText")
    await tab.run(submit.format("'192.168.10.249:80'"))
    await tab.until("document.querySelector('#hops [data-broken]')?.innerText.includes('NobodyAnnounces')")
    await tab.run(submit.format("'--help'"))
    await tab.until("document.querySelector('#trace-said').innerText.includes('--help')")
    assert await tab.run("document.querySelectorAll('#hops > li').length") == 0
    assert ["400 (Bad Request)" in each for each in tab.problems] == [True]
    tab.problems.clear()


@in_chromium
async def test_what_objects_say_is_text(mine, tab):
    """A hostile event is shown letter by letter, and the page has no element that it did not make."""
    mine.apply(EVENT)
    await tab.until(f"document.querySelector('#event-rows').textContent.includes({json.dumps(HOSTILE)})")
    assert await tab.run("document.querySelectorAll('img, #event-rows script').length") == 0
    assert await tab.run("document.title") == f"{mine.name} · mockcloud"
    refused = """(() => {
      try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); return false; } catch { return true; }
    })()"""
    assert await tab.run(refused), "Trusted Types: not even by mistake"
    tab.problems.clear()


@in_chromium
@pytest.mark.parametrize("width", [320, 640, 1280])
async def test_no_window_is_too_narrow(tab, width):
    """Nothing sticks out at the side (WCAG 1.4.10: 320 pixels); each field and button has a name."""
    await tab.look(width=width)
    await tab.until("document.querySelectorAll('#pod-rows tr').length > 3")
    assert await tab.run("document.documentElement.scrollWidth") <= width
    unnamed = """[...document.querySelectorAll('button, select, input, meter')]
      .filter((e) => !(e.ariaLabel || e.innerText || e.labels?.length)).length"""
    assert await tab.run(unnamed) == 0


CONTRASTS = """(() => {
  const light = (text) => {
    const parts = text.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const behind = (e) => {
    const found = getComputedStyle(e).backgroundColor;
    return found === 'rgba(0, 0, 0, 0)' ? behind(e.parentElement) : found;
  };
  return [...document.querySelectorAll('body *')]
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
    .map((e) => {
      const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.tagName, e.className, e.textContent.slice(0, 30)];
    })
    .filter(([contrast]) => contrast < 4.5);
})()"""


@in_chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_it_can_be_read(mine, tab, dark):
    """Each text stands out from what is behind it (WCAG 1.4.3: 4.5 to 1), also where something is broken."""
    await tab.look(dark=dark)
    mockcloud(mine.environment, "fault", "loss", "--name", mine.name, "node-1", "1")
    await tab.until("document.querySelectorAll('#fault-list li').length === 1")
    assert await tab.run(CONTRASTS) == []


def test_mistakes_are_one_line(mine, served):
    """No lab, and a port that is taken."""
    with pytest.raises(LabFailed, match="no lab called 'nobody' is up") as refused:
        mockcloud(mine.environment, "dashboard", "--name", "nobody")
    assert "Traceback" not in str(refused.value)
    port = served.split("/")[2].split(":")[1]
    taken = f"cannot listen on 127.0.0.1, port {port}: Address already in use; choose another --port"
    with pytest.raises(LabFailed, match=taken):
        mockcloud(mine.environment, "dashboard", "--name", mine.name, "--port", port)


async def test_it_ends_with_the_lab(tmp_path, http):
    """Who looks is told that it is over; nothing stays."""
    with lab(options=("--nodes", "1", "--provider", "none")) as made, started(made) as process:
        async with http.get(f"{address(process)}live") as answer:
            async for name, _ in parts(answer):
                if name == "lab":
                    mockcloud(made.environment, "down", made.name)
                if name == "over":
                    break
            assert name == "over"
        assert process.wait(SECONDS) == 0
        assert process.stderr.read() == f"lab {made.name} has ended\n"


@in_chromium
async def test_a_cloud_has_a_part_of_its_own(tmp_path):
    """Balancers with their targets' health, the calls that led to them, the bill."""
    with lab(options=("--nodes", "1", "--provider", "cloud")) as made, serving(made) as url:
        made.apply(POD, SERVICE)
        async with browser_tab(tmp_path) as opened:
            await opened.call("Page.navigate", url=url)
            await opened.until("document.querySelector('#cloud')?.hidden === false")
            await opened.until("document.querySelector('#target-rows')?.textContent.includes('healthy')")
            assert "LoadBalancer" in await opened.run("document.querySelector('#call-rows').textContent")
            assert "EUR an hour" in await opened.run("document.querySelector('#bill').textContent")
            assert opened.problems == []
