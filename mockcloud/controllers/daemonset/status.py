"""What a DaemonSet's status says of its nodes' pods."""

from mockcloud.client.objects import Object
from mockcloud.controllers.daemonset.plan import Scene, desired
from mockcloud.controllers.history.objects import collisions


def daemon_set_status(seen: Scene) -> Object:
    """The whole status. Of each node its oldest pod counts: no update is over while an old one is there."""
    first = {name: pods[0] for name, pods in seen.pods.items()}
    counted = [first[name] for name, place in seen.places.items() if place.wanted and name in first]
    serving = sum(seen.is_available(pod) for pod in counted)
    optional = {
        "updatedNumberScheduled": sum(map(seen.is_new, counted)),
        "numberAvailable": serving,
        "numberUnavailable": desired(seen) - serving,
        "collisionCount": collisions(seen.owner),
    }
    return {
        "currentNumberScheduled": len(counted),
        "numberMisscheduled": sum(not place.wanted and name in first for name, place in seen.places.items()),
        "desiredNumberScheduled": desired(seen),
        "numberReady": sum(pod.ready for pod in counted),
        "observedGeneration": seen.owner.meta.generation,
        **{key: count for key, count in optional.items() if count},
    }
