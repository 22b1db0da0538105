"""Tokens of ServiceAccounts: asked for, and checked while what they are bound to comes and goes."""

import base64
import json
from itertools import count

import pytest

from mockcloud.kube.auth.service_accounts.checking import Checker, InvalidToken
from mockcloud.kube.auth.service_accounts.issuing import Issuer
from mockcloud.kube.auth.service_accounts.signing import SigningKey, new_key
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.core.secret import SECRET
from mockcloud.kube.resources.core.serviceaccount import SERVICE_ACCOUNT
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes.refusals import Refusal

KEY = SigningKey(new_key())
NAME = "https://issuer"
OURS = (NAME,)
START = 1_800_000_000.0


class Tokens:
    """An account `bot` of namespace `a`, a pod of it on a node, and a clock."""

    def __init__(self):
        self.store, self.now, ids = Store(), START, count()
        self.put(SERVICE_ACCOUNT, "a", "bot")
        self.put(POD, "a", "p", spec={"serviceAccountName": "bot", "nodeName": "n"})
        self.put(NODE, "", "n")
        self.put(SECRET, "a", "s")
        self.issuer = Issuer(NAME, OURS, KEY, self.store, lambda: self.now, lambda: f"id-{next(ids)}")
        self.checker = Checker(NAME, OURS, KEY, self.store, lambda: self.now)

    def put(self, kind, namespace, name, uid="", **fields):
        metadata = {"name": name, "namespace": namespace, "uid": uid or f"{name}-1"}
        self.store.put(kind.storage, (namespace, name), {"metadata": metadata, **fields})

    def ask(self, **spec):
        return self.issuer.issued("a", "bot", {"spec": spec})

    def token(self, **spec):
        return self.ask(**spec)["status"]["token"]

    def user(self, token, *audiences):
        return self.checker.user(token, audiences)[0]


@pytest.fixture
def tokens():
    return Tokens()


def said(token):
    head, claims, _ = token.split(".")
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, claims)]


def pod(**fields):
    return {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "p", **fields}}


def test_a_token_says_whose_it_is(tokens):
    """Name, namespace and UID of the account, an hour's time, and for whom it is."""
    answer = tokens.ask()
    assert answer["metadata"] == {
        "name": "bot",
        "namespace": "a",
        "uid": "bot-1",
        "creationTimestamp": "2027-01-15T08:00:00Z",
    }
    assert answer["spec"] == {"expirationSeconds": 3600, "boundObjectRef": None, "audiences": [NAME]}
    assert answer["status"]["expirationTimestamp"] == "2027-01-15T09:00:00Z"
    head, claims = said(answer["status"]["token"])
    assert head == {"alg": "ES256", "kid": KEY.key_id}
    assert claims == {
        "aud": [NAME],
        "exp": START + 3600,
        "iat": START,
        "iss": NAME,
        "jti": "id-0",
        "kubernetes.io": {"namespace": "a", "serviceaccount": {"name": "bot", "uid": "bot-1"}},
        "nbf": START,
        "sub": "system:serviceaccount:a:bot",
    }


def test_who_shows_it(tokens):
    """The account as a user, in the groups of its namespace; of a pod's token, which pod and node."""
    user = tokens.user(tokens.token())
    assert (user.name, user.uid) == ("system:serviceaccount:a:bot", "bot-1")
    groups = ("system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated")
    assert user.groups == groups
    assert dict(user.extra) == {"authentication.kubernetes.io/credential-id": ("JTI=id-0",)}
    bound = dict(tokens.user(tokens.token(**pod())).extra)
    known = {key.removeprefix("authentication.kubernetes.io/"): value for key, (value,) in bound.items()}
    assert known == {
        "credential-id": "JTI=id-1",
        "node-name": "n",
        "node-uid": "n-1",
        "pod-name": "p",
        "pod-uid": "p-1",
    }


def test_a_pods_first_token_lives_on(tokens):
    """What admission asks for is good for a year to clients that read it once; others are not."""
    claims = said(tokens.token(expirationSeconds=3607, **pod()))[1]
    assert claims["exp"] == START + 365 * 24 * 3600
    assert claims["kubernetes.io"]["warnafter"] == START + 3607
    assert said(tokens.token(expirationSeconds=3607))[1]["exp"] == START + 3607
    assert said(tokens.token(expirationSeconds=3607, audiences=["x"], **pod()))[1]["exp"] == START + 3607


def gone(kind, namespace, name):
    return lambda tokens: tokens.store.delete(kind.storage, (namespace, name))


def anew(kind, namespace, name):
    return lambda tokens: tokens.put(kind, namespace, name, uid="another")


def later(seconds):
    def wait(tokens):
        tokens.now += seconds

    return wait


SECRET_BOUND = {"boundObjectRef": {"kind": "Secret", "apiVersion": "v1", "name": "s"}}
NODE_BOUND = {"boundObjectRef": {"kind": "Node", "apiVersion": "v1", "name": "n"}}
INVALIDATED = "service account token has been invalidated"


@pytest.mark.parametrize(
    ("spec", "change", "why"),
    [
        pytest.param({}, gone(SERVICE_ACCOUNT, "a", "bot"), 'serviceaccounts "bot" not found', id="account"),
        pytest.param(
            {}, anew(SERVICE_ACCOUNT, "a", "bot"), "UID .another. does not match claim", id="new-account"
        ),
        pytest.param(pod(), gone(POD, "a", "p"), INVALIDATED, id="pod"),
        pytest.param(
            pod(), anew(POD, "a", "p"), "pod UID .another. does not match service account pod", id="new-pod"
        ),
        pytest.param(SECRET_BOUND, gone(SECRET, "a", "s"), INVALIDATED, id="secret"),
        pytest.param(NODE_BOUND, gone(NODE, "", "n"), INVALIDATED, id="node"),
        pytest.param({}, later(3700), "has expired", id="expired"),
        pytest.param({}, later(-100), "is not valid yet", id="of-the-future"),
        pytest.param({"audiences": ["x"]}, later(0), "invalid for the target audiences", id="for-others"),
    ],
)
def test_a_token_ends_with_what_it_is_bound_to(tokens, spec, change, why):
    """However well it is signed, and however often it has been shown."""
    token = tokens.token(**spec)
    if "audiences" not in spec:
        tokens.user(token)
    change(tokens)
    with pytest.raises(InvalidToken, match=why):
        tokens.user(token)


def test_the_pods_node_may_go(tokens):
    """Its token tells of the node, and is not bound to it."""
    token = tokens.token(**pod())
    tokens.store.delete(NODE.storage, ("", "n"))
    assert tokens.user(token).name == "system:serviceaccount:a:bot"


def test_a_token_for_others(tokens):
    """They ask the API whether it is for them."""
    token = tokens.token(audiences=["x", "y"])
    assert tokens.checker.user(token, ["y", "z"])[1] == ("y",)


def changed(token, part):
    parts = token.split(".")
    parts[part] = parts[part][:-4] + "AAAA"
    return ".".join(parts)


def test_what_is_no_token_of_ours(tokens):
    """Another key's, one with a letter changed, and texts."""
    other = Tokens()
    object.__setattr__(other.issuer, "key", SigningKey(new_key()))
    good = tokens.token()
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for wrong in (
        other.token(),
        changed(good, 1),
        changed(good, 2),
        f"{unsigned}.{good.split('.')[1]}.",
        "a.b.c",
        "",
    ):
        with pytest.raises(InvalidToken, match="invalid bearer token"):
            tokens.user(wrong)


@pytest.mark.parametrize(
    ("request_", "code", "why"),
    [
        pytest.param(
            {"spec": {"expirationSeconds": 599}}, 422, "a duration less than 10 minutes", id="too-short"
        ),
        pytest.param(
            {"spec": {"expirationSeconds": 1 << 33}}, 422, "larger than 2.32 seconds", id="too-long"
        ),
        pytest.param({"metadata": {"name": "x"}}, 422, "must match the service account name", id="name"),
        pytest.param({"metadata": {"uid": "x"}}, 409, "the UID in the token request .x. does not", id="uid"),
        pytest.param({"spec": pod(name="q")}, 404, 'pods "q" not found', id="no-pod"),
        pytest.param(
            {"spec": pod(uid="x")}, 409, "the UID in the bound object reference .x.", id="another-pod"
        ),
        pytest.param(
            {"spec": pod(kind="Service")}, 400, "object of type /v1, Kind=Service", id="no-such-kind"
        ),
    ],
)
def test_requests_that_are_refused(tokens, request_, code, why):
    """In kube-apiserver's words."""
    with pytest.raises(Refusal, match=why) as refused:
        tokens.issuer.issued("a", "bot", request_)
    assert refused.value.code == code


def test_a_pod_of_another_account(tokens):
    """A token is bound to pods of its own account only."""
    tokens.put(POD, "a", "q", spec={"serviceAccountName": "other"})
    with pytest.raises(
        Refusal, match='cannot bind token for serviceaccount "bot" to pod running with different'
    ):
        tokens.ask(**pod(name="q"))


def test_others_can_check_tokens_by_the_published_key(tokens):
    """The key set holds the public half alone, under the name that tokens have in their head."""
    import jwt

    token = tokens.token()
    [key] = KEY.public_keys()["keys"]
    assert (key["kid"], key["use"], key["alg"], key["kty"], "d" in key) == (
        KEY.key_id,
        "sig",
        "ES256",
        "EC",
        False,
    )
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    read = jwt.decode(token, jwt.PyJWK(key), audience=NAME, issuer=NAME, options=options)
    assert read["sub"] == "system:serviceaccount:a:bot"
