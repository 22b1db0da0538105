"""The sockets, TLS and the life of the process: listen, say that it is ready, serve, end in order."""

import asyncio
import functools
import logging
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mockcloud.client.kubelet import node_token
from mockcloud.cluster_defaults import CLUSTER_DOMAIN
from mockcloud.kube.auth.access import open_access
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.user import ADMINISTRATOR, ALL_AUTHENTICATED, User
from mockcloud.kube.registry import Registry
from mockcloud.kube.rest.auditing import Audit
from mockcloud.kube.rest.converting import Conversions
from mockcloud.kube.rest.handler import Api
from mockcloud.kube.serving import cluster, credentials, kubeconfig
from mockcloud.kube.serving.audit_log import AuditLog
from mockcloud.kube.serving.certificates import sign_requests
from mockcloud.kube.serving.connections import Connections, most_connections
from mockcloud.kube.serving.credentials import Credentials, write_private
from mockcloud.kube.serving.kubeconfig import Proof
from mockcloud.kube.serving.settings import Settings
from mockcloud.kube.serving.upkeep.api_services import keep_api_services
from mockcloud.kube.serving.upkeep.custom_resources import CustomResources
from mockcloud.kube.serving.upkeep.expiry import expire_events
from mockcloud.kube.serving.upkeep.flow_control import tell_dangling
from mockcloud.kube.serving.upkeep.own import keep_own
from mockcloud.kube.serving.upkeep.service_ranges import keep_service_ranges
from mockcloud.kube.storage.journal import Journal
from mockcloud.kube.storage.store import Reach
from mockcloud.kube.streams.nodes import Network
from mockcloud.kube.streams.serving import Streams
from mockcloud.kube.streams.webhooks import WebhookCaller
from mockcloud.kube.writes.bootstrap import Advertised, first_address
from mockcloud.readiness import announce_ready

BACKLOG: Final = 128
JOURNAL_FILE: Final = "journal"
SHUTDOWN_TIMEOUT: Final = 2.0
NODE_USER: Final = "system:node:"
SERVICE_NAMES: Final = (
    *("kubernetes", "kubernetes.default", "kubernetes.default.svc"),
    f"kubernetes.default.svc.{CLUSTER_DOMAIN}",
)

log = logging.getLogger(__name__)


def listen(settings: Settings) -> list[socket.socket]:
    """The listening sockets, inherited ones first opened last; OSError where an address cannot be had."""
    sockets: list[socket.socket] = []
    for listener in settings.listeners:
        family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
        sock = socket.create_server((listener.host, listener.port), family=family, backlog=BACKLOG)
        sockets.append(sock)
    sockets += [socket.socket(fileno=descriptor) for descriptor in settings.descriptors]
    for sock in sockets:
        sock.setblocking(False)
    return sockets


def _address(sock: socket.socket) -> tuple[str, int]:
    host, port = sock.getsockname()[:2]
    return str(host), int(port)


def _url(host: str, port: int) -> str:
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def certificate_names(settings: Settings, sockets: Sequence[socket.socket]) -> list[str]:
    """All names and addresses that a client may know this server by."""
    named = [urlsplit(wish.server).hostname or "" for wish in settings.kubeconfigs if wish.server]
    addresses = [_address(sock)[0] for sock in sockets]
    services = [first_address(cidr) for cidr in settings.service_cidrs]
    advertised = [settings.advertise_address] if settings.advertise_address else []
    names = ["localhost", "127.0.0.1", *SERVICE_NAMES, *services, *named, *addresses, *advertised]
    return [name for name in dict.fromkeys(names) if name and name not in ("0.0.0.0", "::")]


def advertised(settings: Settings, sockets: Sequence[socket.socket]) -> Advertised | None:
    """Where the cluster's own programs reach this server: the address given, with its listener's port."""
    if settings.advertise_address is None:
        return None
    addresses = [_address(sock) for sock in sockets]
    reaching = (
        settings.advertise_address,
        "0.0.0.0",
        "::",
    )  # a listener on all addresses serves that one too
    ports = [port for host, port in addresses if host in reaching]
    return Advertised(settings.advertise_address, (ports or [addresses[0][1]])[0])


def known_users(settings: Settings, secrets: Credentials) -> dict[str, User]:
    """Whoever is known by a token."""
    identities = {
        secrets.tokens[wish.user]: User(wish.user, (*wish.groups, ALL_AUTHENTICATED))
        for wish in settings.identities
    }
    return {secrets.token: ADMINISTRATOR, **identities}


def node_tokens(secrets: Credentials) -> Callable[[str], str]:
    """A node's name -> the token by which its agent knows us: made from its own, else from ours."""
    return lambda node: node_token(secrets.tokens.get(f"{NODE_USER}{node}", secrets.token), node)


async def run(settings: Settings, sockets: Sequence[socket.socket]) -> None:
    """Serve until SIGTERM or SIGINT."""
    with closing(Journal(settings.data_dir / JOURNAL_FILE)) as journal:
        await _run(settings, sockets, journal)


async def _run(settings: Settings, sockets: Sequence[socket.socket], journal: Journal) -> None:
    users = [wish.user for wish in settings.identities]
    secrets = credentials.load(settings.data_dir, certificate_names(settings, sockets), users)
    policy = Policy(journal.load(Reach(), time.monotonic))
    registry = cluster.open_registry(policy, settings.service_cidrs)
    port = _address(sockets[0])[1]
    where = advertised(settings, sockets)
    await cluster.begin(registry, settings.service_cidrs, where.port if where else port, where)
    await cluster.begin_access(registry)
    await cluster.begin_api_services(registry)
    if settings.dial_namespace is not None:
        await cluster.begin_metrics(registry)
    access = open_access(
        policy, secrets.accounts, known_users(settings, secrets), registry.clock, registry.new_uid
    )
    custom = CustomResources(registry)
    network = Network(settings.dial_namespace)
    call = WebhookCaller(registry, network)
    cluster.ask_policies_and_webhooks(registry, policy, call)
    audit = None
    if settings.audit_log is not None:
        audit = Audit(AuditLog(settings.audit_log).take, registry.clock, registry.new_uid)
    streams, conversions = Streams(node_tokens(secrets), network), Conversions(call, registry.new_uid)
    api = Api(registry, access, streams, audit, conversions)
    connections = Connections(api, secrets.tls(), most_connections())
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    own = functools.partial(
        cluster.begin, registry, settings.service_cidrs, where.port if where else port, where
    )
    _write_kubeconfigs(settings, secrets, _url(*_address(sockets[0])))
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(work, name=name)
            for name, work in _upkeep(registry, custom, own, settings.data_dir).items()
        ]
        tasks += [group.create_task(connections.accept(sock), name="connections") for sock in sockets]
        announce_ready()
        log.info("serving on %s", ", ".join(_url(*_address(sock)) for sock in sockets))
        await stopping.wait()
        for task in tasks:
            task.cancel()
        for sock in sockets:
            sock.close()
        api.stop()
        await connections.close(SHUTDOWN_TIMEOUT)


def _upkeep(
    registry: Registry, custom: CustomResources, own: Callable[[], Awaitable[None]], data_dir: Path
) -> dict[str, Coroutine[object, object, None]]:
    """What the API does on its own, by what to call it."""
    return {
        "the cluster's own objects": keep_own(registry, own),
        "expiry of Events": expire_events(registry),
        "custom resources": custom.run(),
        "APIServices": keep_api_services(registry),
        "conditions of FlowSchemas": tell_dangling(registry),
        "Services' addresses": keep_service_ranges(registry),
        "certificate signing requests": sign_requests(registry, lambda: credentials.authority(data_dir)),
    }


def _write_kubeconfigs(settings: Settings, secrets: Credentials, default: str) -> None:
    for wish in settings.kubeconfigs:
        server = wish.server or default
        content = kubeconfig.render(settings.cluster_name, server, secrets.ca, secrets.administrator)
        write_private(wish.path, content)
    for identity in settings.identities:
        server = identity.kubeconfig.server or default
        proof = Proof(secrets.tokens[identity.user])
        write_private(identity.kubeconfig.path, kubeconfig.render(identity.user, server, secrets.ca, proof))
