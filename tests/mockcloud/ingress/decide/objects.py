"""Objects of the kinds that Ingresses need, as the API has them."""

from testkit import objects


def ingress(name="web", *paths, host="web.example", created="2026-01-01T00:00:00Z", notes=None, **spec):
    rule = {"host": host, "http": {"paths": list(paths)}} if host else {"http": {"paths": list(paths)}}
    metadata = {
        "name": name,
        "namespace": "default",
        "creationTimestamp": created,
        "annotations": notes or {},
    }
    return {"metadata": metadata, "spec": {**({"rules": [rule]} if paths else {}), **spec}}


def path(text="/", kind="Prefix", service="web", port=80):
    return {"path": text, "pathType": kind, "backend": to(service, port)}


def to(service="web", port=80):
    key = "number" if isinstance(port, int) else "name"
    return {"service": {"name": service, "port": {key: port}}}


def exposing(name="web", *ports, **spec):
    listed = [{"port": number, "name": called} for number, called in ports or ((80, ""),)]
    return objects.service(name, **{"ports": listed, **spec})


def pods_of(service, *endpoints, family="IPv4", named=""):
    """An EndpointSlice of port 8080; endpoints as (address, whether it is ready)."""
    listed = [{"addresses": [each], "conditions": {"ready": ready}} for each, ready in endpoints]
    ports = ({"name": named, "port": 8080, "protocol": "TCP"},)
    name = f"{service}-{family.lower()}-{named}-{len(endpoints)}"
    return objects.endpoint_slice(service, *listed, name=name, family=family, ports=ports)
