"""The real HAProxy, told of routes: where requests end, and what the servers see of them."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import aiohttp
import pytest
import trustme
from aiohttp import web

from mockcloud.haproxy.configuration import Section
from mockcloud.haproxy.process import INSTALL, HAProxy, haproxy_path
from mockcloud.ingress.decide.rendering import COMMON, served
from mockcloud.ingress.decide.views import Backend, Endpoint, Routes

AUTHORITY = trustme.CA()
HOSTS = ("web.example", "*.example", "")


def backend(name):
    return Backend("default", name, "80")


EXACT = {("web.example", "/a"): backend("exact"), ("web.example", "/"): backend("root")}
PREFIXES = {
    ("web.example", "/a"): backend("a"),
    ("web.example", "/a/b"): backend("a-b"),
    ("*.example", ""): backend("wild"),
    ("", "/any"): backend("any"),
}


def pem(*names):
    return AUTHORITY.issue_cert(*names).private_key_and_cert_chain_pem.bytes().decode()


@asynccontextmanager
async def server():
    """Says who asked, and speaks WebSocket; its port."""

    async def answer(request):
        if "upgrade" in request.headers:
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                await socket.send_str(message.data)
            return socket
        return web.json_response({name.title(): value for name, value in request.headers.items()})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def on_sockets(section, folder):
    """Its ports as sockets of a folder: no test takes a port of the machine."""
    lines = "\n".join(section.lines).replace("bind :80", f"bind {folder}/plain")
    lines = lines.replace("bind :443", f"bind {folder}/tls")
    return Section(section.name, tuple(lines.split("\n")), section.servers)


@asynccontextmanager
async def serving(folder, default=None, dead=()):
    """HAProxy with these routes; each backend but the dead has a header that names it."""
    if haproxy_path() is None:
        pytest.skip(INSTALL)
    async with server() as port, asyncio.TaskGroup() as group:
        named = {*EXACT.values(), *PREFIXES.values(), *([default] if default else ())}
        ends = {each: () if each.service in dead else (Endpoint("127.0.0.1", port, True),) for each in named}
        routes = Routes(EXACT, PREFIXES, default, ends, {"web.example": pem("web.example")}, ())
        wanted = served(routes, pem("other.example"), str(folder), ipv6=False)
        for name, content in wanted.files.items():
            (folder / name).write_text(content)
        sections = {name: on_sockets(each, folder) for name, each in wanted.sections.items()}
        del sections["health"]
        for each in named:
            name = f"default_{each.service}_80"
            told = f"  http-request set-header X-Backend {each.service}"
            sections[name] = Section(name, (*sections[name].lines, told), sections[name].servers)
        haproxy = HAProxy(folder, group, lambda: None, COMMON)
        await haproxy.serve(sections)
        yield
        await haproxy.stop()


def client(folder, tls=False):
    return aiohttp.ClientSession(connector=aiohttp.UnixConnector(f"{folder}/{'tls' if tls else 'plain'}"))


async def ask(session, url, **options):
    async with session.get(url, **options) as answer:
        if answer.status != 200:
            return answer.status
        return (await answer.json())["X-Backend"]


async def test_hosts_and_paths(tmp_path):
    """The host that fits best, and of its paths the longest: Exact as they stand, Prefix by elements."""
    wanted = {
        "web.example/": "root",
        "web.example/a": "exact",
        "web.example/a?x=/b": "exact",
        "web.example/a/": "a",
        "web.example/a/x": "a",
        "web.example/a/b": "a-b",
        "web.example/a/b/c": "a-b",
        "web.example/a/bc": "a",
        "web.example/ab": 404,
        "web.example/any": 404,  # of other hosts' paths none counts
        "WEB.example:8080/a": "exact",
        "other.example/any": "wild",
        "two.labels.example/any": "any",
        "elsewhere.test/any/x": "any",
        "elsewhere.test/x": 404,
    }
    async with serving(tmp_path), client(tmp_path) as session:
        assert {each: await ask(session, f"http://{each}") for each in wanted} == wanted


async def test_what_has_no_rule_goes_to_the_default_and_without_pods_it_is_503(tmp_path):
    """And the answer names what is lacking."""
    async with serving(tmp_path, backend("rest"), dead=("wild",)), client(tmp_path) as session:
        assert await ask(session, "http://elsewhere.test/x") == "rest"
        async with session.get("http://a.example/") as answer:
            said = (answer.status, await answer.text())
        assert said == (503, "503: port 80 of Service default/wild has no ready endpoint\n")


async def test_what_servers_are_told(tmp_path):
    """Who asked, by which host and scheme: what the client says of that itself is not believed."""
    async with serving(tmp_path), client(tmp_path) as session:
        lies = {"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "https"}
        async with session.get("http://web.example/", headers=lies) as answer:
            told = await answer.json()
        assert told["Host"] == told["X-Forwarded-Host"] == "web.example"
        assert told["X-Forwarded-Proto"] == "http"
        assert "10.9.9.9" not in told.get("X-Forwarded-For", "")


async def test_a_web_socket_passes(tmp_path):
    """It is upgraded, and messages go both ways."""
    async with (
        serving(tmp_path),
        client(tmp_path) as session,
        session.ws_connect("http://web.example/a") as socket,
    ):
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("web.example", "web.example", id="of-an-ingress"),
        pytest.param("b.example", "other.example", id="none"),
    ],
)
async def test_certificates(tmp_path, name, shown):
    """By the name that the client asks for; another than that of the Secret where there is none."""
    context = ssl.create_default_context()
    context.check_hostname = False
    AUTHORITY.configure_trust(context)
    async with serving(tmp_path):
        _, writer = await asyncio.open_unix_connection(f"{tmp_path}/tls", ssl=context, server_hostname=name)
        certificate = writer.get_extra_info("peercert")
        writer.close()
        assert ("DNS", shown) in certificate["subjectAltName"]
