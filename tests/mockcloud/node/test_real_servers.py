"""Images whose servers are real, in pods: in root's lab, and in an ordinary user's, which has one id only."""

import asyncio
import os
import shutil
import time

import pytest

from mockcloud.client.resources import CONFIG_MAPS, EVENTS, PODS
from mockcloud.client.rest import Client
from mockcloud.images.catalogue import Program
from mockcloud.images.installed import extra_binaries
from mockcloud.images.servers import SERVERS
from mockcloud.node.container_config.launch import PYTHON, ROOM, TOOLS_FOLDER
from mockcloud.node.sandbox.maker import START
from testkit import objects

pytestmark = [pytest.mark.netns]
PASSWORD = {"name": "POSTGRES_PASSWORD", "value": "s3cret"}
BROUGHT = {binary.name for binary in extra_binaries()}


def need(*binaries):
    """Skip where the extra is not installed: then a machine may have these, or not."""
    if missing := set(binaries) - BROUGHT:
        pytest.skip(f"the extra `images` has brought no {', '.join(sorted(missing))}")


async def until(question, right, seconds=60.0):
    """The question's first answer that is right."""
    end = time.monotonic() + seconds
    while not right(answer := await question()):
        assert time.monotonic() < end, f"still {answer!r} after {seconds} s"
        await asyncio.sleep(0.05)
    return answer


class Pods:
    """Pods on node-1 of a lab."""

    def __init__(self, lab, client):
        self.lab, self.client = lab, client

    async def run(self, name, image, *, volumes=(), **container):
        """The pod's IPv4 address, once its container runs."""
        main = objects.container("main", image=image, **container)
        await self.client.create(PODS, objects.pod(name, main, nodeName="node-1", volumes=list(volumes)))

        async def status():
            return (await self.client.get(PODS, name, "default")).get("status", {})

        def runs(found):
            return any("running" in one["state"] for one in found.get("containerStatuses") or ())

        return (await until(status, runs))["podIP"]

    async def says(self, right, *command):
        """What a command on the node comes to print."""

        async def ask():
            done = self.lab.ask(op="run", host="node-1", argv=command, timeout=90)
            return done["out"] + done["err"]

        return await until(ask, lambda said: right in said)

    async def logs(self, name, right):
        """A pod comes to have written it."""

        async def read():
            found = self.lab.folder.glob(f"node-1/pods/default_{name}_*/logs/main/0.log")
            return "".join(path.read_text() for path in found)

        return await until(read, lambda said: right in said)

    async def event(self, name, reason):
        """The message of the pod's Event of that reason."""

        async def look():
            events = (await self.client.list(EVENTS, namespace="default"))["items"]
            wanted = [one for one in events if one["involvedObject"]["name"] == name]
            return [one["message"] for one in wanted if one["reason"] == reason]

        return (await until(look, bool))[0]

    async def stop(self, name, seconds):
        """The pod ends within so many seconds of its grace."""
        await self.client.delete(PODS, name, namespace="default")

        async def names():
            return [one["metadata"]["name"] for one in (await self.client.list(PODS))["items"]]

        await until(names, lambda found: name not in found, seconds)


@pytest.fixture(params=["root", "ordinary-user"])
async def pods(request):
    """In each kind of lab."""
    lab = request.getfixturevalue("lab" if request.param == "root" else "ordinary_lab")
    async with Client.from_kubeconfig(str(lab.kubeconfig)) as client:
        yield Pods(lab, client)
        for pod in (await client.list(PODS, namespace="default"))["items"]:
            name = pod["metadata"]["name"]
            await client.delete(PODS, name, namespace="default", grace_seconds=0)


async def test_nginx_shows_its_welcome_page_and_what_is_mounted_there(pods):
    """By the image's own configuration; it logs who asked; it may be changed by who comes in."""
    need("nginx")
    ip = await pods.run("nginx", "nginx:1.27")
    await pods.says("<h1>Welcome to nginx!</h1>", "curl", "-s", f"http://{ip}")
    await pods.logs("nginx", '"GET / HTTP/1.1" 200 615')
    site = objects.config_map("site", metadata={"namespace": "default"}, **{"index.html": "our own page\n"})
    await pods.client.create(CONFIG_MAPS, site)
    mounts = [{"name": "site", "mountPath": "/usr/share/nginx/html"}]
    volumes = [{"name": "site", "configMap": {"name": "site"}}]
    words = ["sh", "-c", "nginx -t && exec nginx -g 'daemon off;'"]
    ip = await pods.run("page", "nginx", volumes=volumes, volumeMounts=mounts, command=words)
    await pods.says("our own page", "curl", "-s", f"http://{ip}")
    await pods.stop("nginx", 20)
    await pods.client.delete(CONFIG_MAPS, "site", namespace="default")


async def test_redis_answers_other_pods(pods):
    """Without a password; options are its own."""
    need("valkey-server")
    ip = await pods.run("redis", "redis:7", args=["--maxmemory", "7mb"])
    await pods.logs("redis", "Ready to accept connections")
    script = (
        "import socket, sys\n"
        f"s = socket.create_connection(('{ip}', 6379), 5)\n"
        "s.sendall(b'CONFIG GET maxmemory\\r\\nCONFIG GET dir\\r\\nQUIT\\r\\n')\n"
        "print(s.makefile().read())"
    )
    said = await pods.says("7340032", pods.lab.python, "-c", script)
    assert "/data" in said


@pytest.mark.parametrize("whose", ["any", "the extra's"])
async def test_postgres_makes_the_database_that_was_asked_for(pods, whose):
    """It asks others for the password, and whoever is inside for none."""
    need("postgres", "psql")
    command = []
    if whose != "any":
        command = [*PYTHON, str(START), f"{ROOM}:postgres", f"{TOOLS_FOLDER}/postgres"]
        command[0] = pods.lab.python
    env = [PASSWORD, {"name": "POSTGRES_DB", "value": "shop"}]
    asked = [f"{TOOLS_FOLDER}/psql", "-U", "postgres", "-c", "select 1", "shop"]
    probe = {"exec": {"command": asked}, "periodSeconds": 1}
    ip = await pods.run("db", "postgres:16", command=command, env=env, readinessProbe=probe)
    await pods.logs("db", "listening on IPv4 address")

    async def is_ready():
        status = (await pods.client.get(PODS, "db", "default"))["status"]
        return status["containerStatuses"][0]["ready"]

    await until(is_ready, bool)
    psql = next(binary for binary in extra_binaries() if binary.name == "psql")
    where = f"host={ip} user=postgres dbname=shop connect_timeout=5"
    await pods.says(ip, str(psql), "-Atc", "select inet_server_addr()", f"{where} password=s3cret")
    await pods.says("password authentication failed", str(psql), "-c", "", f"{where} password=other")
    await pods.stop("db", 20)


async def test_postgres_without_a_password_says_what_to_set(pods):
    """As the image does: the container ends, with one line that helps."""
    need("postgres")
    main = objects.container("main", image="postgres")
    await pods.client.create(PODS, objects.pod("open", main, nodeName="node-1"))
    said = await pods.logs("open", "POSTGRES_HOST_AUTH_METHOD=trust")
    assert len(said.splitlines()) == 1


def real_mysql():
    """Whether this machine has one of the servers behind image `mysql`."""
    path = f"{os.defpath}:/usr/sbin:/usr/libexec"
    return any(shutil.which(one, path=path) for one in SERVERS[Program.MYSQL].binaries)


async def test_mysql_makes_the_users_and_the_database_that_were_asked_for(pods):
    """Others come in with their password only, and no root without."""
    client = shutil.which("mariadb") or shutil.which("mysql")
    if not real_mysql() or client is None:
        pytest.skip("this machine has no mariadbd or mysqld, or no client for it")
    said = {"MYSQL_ROOT_PASSWORD": "s'3", "MYSQL_DATABASE": "shop", "MYSQL_USER": "u", "MYSQL_PASSWORD": "p"}
    env = [{"name": name, "value": value} for name, value in said.items()]
    ip = await pods.run("mysql", "mysql:8", env=env)
    await pods.logs("mysql", "ready for connections")
    await pods.says("42", client, "-h", ip, "-uu", "-pp", "shop", "-e", "select 6 * 7")
    await pods.says("shop", client, "-h", ip, "-uroot", "-ps'3", "-e", "show databases")
    await pods.says("Access denied", client, "-h", ip, "-uroot", "-e", "select 1")
    await pods.stop("mysql", 20)


async def test_a_server_that_the_machine_lacks_is_stood_in_for_and_its_event_says_what_to_install(pods):
    """The port answers; the log and `kubectl describe pod` say why it is not the real one."""
    server = SERVERS[Program.MYSQL]
    if real_mysql():
        pytest.skip("this machine has the real one")
    ip = await pods.run("mysql", "mysql:8", env=[{"name": "MYSQL_ALLOW_EMPTY_PASSWORD", "value": "1"}])
    said = await pods.logs("mysql", "port 3306: listening")
    assert server.install in await pods.event("mysql", "StandIn")
    assert server.install in said
    script = f"import socket; print(socket.create_connection(('{ip}', 3306), 5).recv(99))"
    await pods.says("pod: mysql", pods.lab.python, "-c", script)
