"""Rollouts as conversations, and, by hypothesis, that they keep their bounds and always end."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockcloud.controllers.deployment.objects import DESIRED, parse_deployment
from mockcloud.controllers.deployment.plan import Create, Scale, cleanup, revision, sort_replica_sets, steps
from mockcloud.controllers.objects.metadata import EPOCH, Meta
from mockcloud.controllers.objects.replica_sets import REVISION, ReplicaSet
from testkit import objects


def deployment(replicas=3, image="v1", paused=False, history=10, **strategy):
    rolling = {"maxSurge": strategy.get("surge", 1), "maxUnavailable": strategy.get("unavailable", 0)}
    return parse_deployment(
        objects.deployment(
            namespace="ns",
            metadata={"uid": "d", "generation": 1},
            replicas=replicas,
            template={"spec": {"image": image}},
            strategy={"type": "Recreate"} if strategy.get("recreate") else {"rollingUpdate": rolling},
            paused=paused,
            revisionHistoryLimit=history,
        )
    )


def sized(name, replicas, available=None, *, image=None, desired=3, number=0):
    return ReplicaSet(
        meta=Meta(
            "ns",
            name,
            uid=name,
            annotations={DESIRED: str(desired), REVISION: str(number)},
            created=EPOCH + timedelta(minutes=int(name[1:])),
        ),
        replicas=replicas,
        selector=deployment().selector,
        template={"spec": {"image": image or name}},
        current=replicas,
        available=replicas if available is None else available,
    )


def said(deployment_, sets, old_pods=0):
    """The steps in short: what is created or scaled, and to how many."""
    found = steps(deployment_, sort_replica_sets(deployment_, sets), old_pods=old_pods)
    return [("new" if isinstance(s, Create) else s.target.meta.name, s.replicas) for s in found]


@pytest.mark.parametrize(
    ("wanted", "sets", "expected"),
    [
        pytest.param(deployment(), [], [("new", 3)], id="first-of-all"),
        pytest.param(deployment(), [sized("v1", 3)], [], id="all-is-well"),
        pytest.param(deployment(5), [sized("v1", 3)], [("v1", 5)], id="scaled-up"),
        pytest.param(deployment(0), [sized("v1", 3)], [("v1", 0)], id="scaled-to-nothing"),
        pytest.param(deployment(image="v2"), [sized("v1", 3)], [("new", 1)], id="surge-by-one"),
        pytest.param(
            deployment(image="v2"), [sized("v1", 3), sized("v2", 1, 0)], [], id="waits-for-the-new-one"
        ),
        pytest.param(
            deployment(image="v2"), [sized("v1", 3), sized("v2", 1)], [("v1", 2)], id="one-old-may-go"
        ),
        pytest.param(
            deployment(image="v2"), [sized("v1", 3, 1)], [("new", 1)], id="broken-old-ones-do-not-stop-it"
        ),
        pytest.param(
            deployment(image="v2", surge=0, unavailable=1),
            [sized("v1", 3), sized("v2", 0)],
            [("v1", 2)],
            id="no-room-above-so-below",
        ),
        pytest.param(
            deployment(image="v2", unavailable=1),
            [sized("v1", 3, 2), sized("v2", 1, 0)],
            [("v1", 2)],
            id="the-broken-one-goes-first",
        ),
        pytest.param(deployment(image="v2", paused=True), [sized("v1", 3)], [], id="paused-rolls-nothing"),
        pytest.param(
            deployment(5, image="v2", paused=True), [sized("v1", 3)], [("v1", 5)], id="paused-still-scales"
        ),
        pytest.param(
            deployment(6, image="v2"),
            [sized("v1", 2), sized("v2", 2)],
            [("v1", 3), ("v2", 4)],
            id="scaled-in-the-middle-in-proportion",
        ),
        pytest.param(
            deployment(image="v2", recreate=True), [sized("v1", 3)], [("v1", 0)], id="recreate-empties-first"
        ),
    ],
)
def test_rollout_step_is(wanted, sets, expected):
    """Each row: a Deployment, its ReplicaSets (size, available), and the one thing to do next."""
    assert sorted(said(wanted, sets)) == sorted(expected)


def test_recreate_waits_until_the_last_old_pod_is_gone():
    """No new pod may start while an old one still runs, also one that is terminating."""
    wanted = deployment(image="v2", recreate=True)
    assert said(wanted, [sized("v1", 0)], old_pods=1) == []
    assert said(wanted, [sized("v1", 0)], old_pods=0) == [("new", 3)]


def test_a_template_that_returns_takes_the_next_revision():
    """`rollout undo`: the old ReplicaSet becomes the new one, and its number moves past all others."""
    sets = [sized("v1", 0, number=1), sized("v2", 3, number=2)]
    assert revision(sort_replica_sets(deployment(image="v2"), sets)) == 2
    assert revision(sort_replica_sets(deployment(image="v1"), sets)) == 3


def test_history_keeps_the_newest_and_only_drops_what_is_empty():
    """revisionHistoryLimit counts settled old ReplicaSets; one that still has pods is never dropped."""
    sets = [sized(f"v{n}", 1 if n == 2 else 0, number=n) for n in range(1, 6)] + [sized("v6", 3, number=6)]
    dropped = cleanup(deployment(image="v6", history=2), sort_replica_sets(deployment(image="v6"), sets))
    assert [each.meta.name for each in dropped] == ["v1", "v3"]


@dataclass
class Cluster:
    """ReplicaSets that do what they are told, with pods that become ready when the test says so."""

    wanted: object
    sets: dict[str, ReplicaSet] = field(default_factory=dict)

    def step(self):
        """One sync of the Deployment controller, performed, and followed by the ReplicaSet controller."""
        found = steps(self.wanted, sort_replica_sets(self.wanted, list(self.sets.values())), old_pods=0)
        for each in found:
            if isinstance(each, Create):
                image = self.wanted.template["spec"]["image"]
                self.sets[image] = sized(image, each.replicas, 0, desired=self.wanted.replicas)
            else:
                self.scale(each)
        return found

    def scale(self, step: Scale):
        meta = replace(step.target.meta, annotations={DESIRED: str(self.wanted.replicas)})
        now = replace(
            step.target,
            meta=meta,
            replicas=step.replicas,
            current=step.replicas,
            available=min(step.target.available, step.replicas),  # those that do not work go first
        )
        self.sets[meta.name] = now

    def become_ready(self, name, number):
        each = self.sets[name]
        self.sets[name] = replace(each, available=min(each.available + number, each.replicas))

    @property
    def pods(self):
        return sum(each.replicas for each in self.sets.values())

    @property
    def available(self):
        return sum(each.available for each in self.sets.values())


@settings(max_examples=100)
@given(
    replicas=st.integers(0, 12),
    surge=st.integers(0, 5),
    unavailable=st.integers(0, 5),
    ready=st.lists(st.integers(0, 3), max_size=60),
    broken=st.integers(0, 4),
)
def test_rolling_update_keeps_its_bounds_and_ends(replicas, surge, unavailable, ready, broken):
    """Never more than replicas + surge, never fewer available than allowed, and in the end only new ones."""
    cluster = Cluster(deployment(replicas, "v2", surge=surge, unavailable=unavailable))
    cluster.sets["v1"] = sized("v1", replicas, max(replicas - broken, 0), desired=replicas)
    least = min(cluster.available, replicas - cluster.wanted.max_unavailable)
    most = replicas + cluster.wanted.max_surge
    for number in [*ready, *[12] * 40]:
        cluster.step()
        assert cluster.pods <= most
        assert cluster.available >= least
        if "v2" in cluster.sets:
            cluster.become_ready("v2", number)
    assert {name: each.replicas for name, each in cluster.sets.items()} == {"v1": 0, "v2": replicas}
    assert cluster.step() == []


@settings(max_examples=100)
@given(
    before=st.integers(1, 12),
    after=st.integers(0, 12),
    new=st.integers(1, 6),
    old=st.integers(1, 6),
    surge=st.integers(0, 3),
)
def test_scaling_in_the_middle_of_a_rollout_converges(before, after, new, old, surge):
    """The sizes are shared out to exactly what is allowed, and the rollout then ends as any other."""
    cluster = Cluster(deployment(after, "v2", surge=surge, unavailable=1))
    cluster.sets = {
        "v1": sized("v1", old, desired=before + 100),
        "v2": sized("v2", new, desired=before + 100),
    }
    cluster.step()
    saturated = new == after
    if not saturated:
        assert cluster.pods == (after + cluster.wanted.max_surge if after else 0)
    for _ in range(40):
        cluster.step()
        cluster.become_ready("v2", 12)
    assert {name: each.replicas for name, each in cluster.sets.items()} == {"v1": 0, "v2": after}


def test_sorting_tells_new_from_old_by_the_template_alone():
    """The hash label and empty fields make no difference."""
    sets = [sized("v1", 1, image="v1"), sized("v2", 1, image="v2")]
    found = sort_replica_sets(deployment(image="v2"), sets)
    assert found.new is sets[1]
    assert found.old == (sets[0],)
