"""What `helm test` runs: awaits the address of the test's Service, then fetches an answer by that address."""

import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request

SECONDS = 120
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
CONDITIONS = ("baremetal-lb.io/Allocated", "baremetal-lb.io/Announced")


def service() -> dict:
    """The Service as the API has it now."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    host = f"[{host}]" if ":" in host else host
    path = f"/api/v1/namespaces/{os.environ['NAMESPACE']}/services/{os.environ['SERVICE']}"
    with open(f"{ACCOUNT}/token", encoding="ascii") as file:
        headers = {"Authorization": f"Bearer {file.read().strip()}"}
    request = urllib.request.Request(f"https://{host}:{port}{path}", headers=headers)
    trust = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")
    with urllib.request.urlopen(request, context=trust, timeout=10) as answer:
        return json.load(answer)


def standing(found: dict) -> str | None:
    """What it lacks of both conditions; None where it lacks nothing."""
    conditions = {each["type"]: each for each in found["status"].get("conditions", ())}
    for kind in CONDITIONS:
        condition = conditions.get(kind)
        if condition is None:
            return f"{kind} is not told: does a controller run that serves this Service's class?"
        if condition["status"] != "True":
            return f"{kind} is False: {condition['reason']}: {condition['message']}"
    return None


def answered(address: str, port: int) -> str | None:
    """Why the address gives a wrong answer or none; None where it gives the right one."""
    host = f"[{address}]" if ":" in address else address
    url = f"http://{host}:{port}/answer"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            text = answer.read().decode().strip()
    except (urllib.error.URLError, OSError) as error:
        return f"{url}: {error}"
    return None if text == os.environ["ANSWER"] else f"{url} answers {text!r}, not {os.environ['ANSWER']!r}"


def attempt() -> str | None:
    """Why it does not work yet; None, and it is said, when it does."""
    try:
        found = service()
    except (urllib.error.URLError, OSError) as error:
        return f"the API does not give the Service: {error}"
    lacks = standing(found)
    if lacks:
        return lacks
    addresses = [each["ip"] for each in found["status"]["loadBalancer"]["ingress"]]
    port = found["spec"]["ports"][0]["port"]
    lacks = next(filter(None, (answered(each, port) for each in addresses)), None)
    if lacks is None:
        print(f"{' and '.join(addresses)} answered, as they should", flush=True)
    return lacks


def main() -> int:
    """0 when the address answers; 1 with the reason where it does not within SECONDS."""
    until, told = time.monotonic() + SECONDS, ""
    while (lacks := attempt()) is not None:
        if lacks != told:
            print(lacks, flush=True)
            told = lacks
        if time.monotonic() > until:
            print(f"no answer within {SECONDS} s", flush=True)
            return 1
        time.sleep(1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
