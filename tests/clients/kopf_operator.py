"""An operator of a custom kind, Echo, as kopf's guides write one: each Echo gets a ConfigMap of its text.

`OPERATOR` in the environment is its name, which it writes into the status of what it makes.
"""

import os

import kopf
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap

ECHOES = "echoes.clients.example"
API = Client()


@kopf.on.startup()
def hurry(settings, **_):
    settings.background.cancellation_polling = 0.1  # s, rather than 60: how often a deletion looks for timers


@kopf.on.create(ECHOES)
def create(spec, namespace, patch, **_):
    child = ConfigMap(metadata=ObjectMeta(namespace=namespace), data={"text": spec["text"]}).to_dict()
    kopf.adopt(child)
    patch.status["by"] = os.environ["OPERATOR"]
    return {"child": API.create(ConfigMap.from_dict(child)).metadata.name}


@kopf.on.field(ECHOES, field="spec.text")
def change(old, new, status, namespace, **_):
    if old is not None:
        API.patch(ConfigMap, status["create"]["child"], {"data": {"text": new}}, namespace=namespace)


@kopf.timer(ECHOES, interval=0.2)
def count(status, patch, **_):
    patch.status["ticks"] = min(status.get("ticks", 0) + 1, 3)


@kopf.on.delete(ECHOES)
def delete(spec, namespace, name, **_):
    # A handler may be called again for the same event.
    words = ObjectMeta(name=f"last-words-of-{name}", namespace=namespace)
    API.apply(ConfigMap(metadata=words, data={"text": spec["text"]}), field_manager="echo")
