"""Where a MetalLB configuration is read from: manifests of its objects, or the ConfigMap of 0.12."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from baremetal_lb.decide.config_file import items, refuse_template
from baremetal_lb.decide.migration.mapping import has_edges, map_objects
from baremetal_lb.decide.migration.metallb_objects import GROUP, read
from baremetal_lb.decide.pools import text as yaml_text
from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.decide.pools.schema import Document, PoolSection
from baremetal_lb.model.errors import ConfigFault, ConfigRejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import NoReturn

EXPECTED: Final = (
    "expected IPAddressPools and L2Advertisements (kubectl -n metallb-system get "
    "ipaddresspools,l2advertisements,bgpadvertisements,bgppeers -o yaml), or the ConfigMap of MetalLB 0.12"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A configuration in the keys of our ConfigMap, and what a person has to know of how it came to be."""

    config: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def of_text(text: str) -> Source:
    """What a file says: manifests, a list of them, or the old configuration alone. ConfigRejected."""
    refuse_template(text, "migrate")
    documents = [each for document in yaml_text.load_all(text) for each in items(document)]
    manifests = [each for each in documents if isinstance(each, dict) and "kind" in each]
    if not manifests and len(documents) == 1 and isinstance(documents[0], dict):
        return _of_old_form(text)
    return of_manifests(manifests)


def of_manifests(manifests: Iterable[Mapping[str, Any]]) -> Source:
    """What objects say; MetalLB's own before an old ConfigMap, which it does not read beside them."""
    named = [each for each in manifests if isinstance(each.get("metadata"), dict)]
    theirs = [each for each in named if str(each.get("apiVersion", "")).startswith(GROUP)]
    old = [text for each in named if each.get("kind") == "ConfigMap" and (text := _config(each))]
    if theirs:
        mapped = map_objects(read(theirs))
        if not mapped.pools:
            _refuse(f"there is no IPAddressPool among MetalLB's objects; {EXPECTED}")
        return Source({"address-pools": list(mapped.pools)}, mapped.notes)
    if len(old) != 1:
        found = "nothing of MetalLB's" if not old else f"{len(old)} ConfigMaps with data.config"
        _refuse(f"found {found}; {EXPECTED}")
    return _of_old_form(old[0])


def _config(manifest: Mapping[str, Any]) -> str:
    data = manifest.get("data")
    text = data.get("config") if isinstance(data, dict) else None
    return text if isinstance(text, str) else ""


def _of_old_form(text: str) -> Source:
    """The old configuration is ours; only what MetalLB gives and we do not give unasked is added."""
    parse_config(text)
    document = Document.model_validate(yaml_text.load(text) or {})
    if not document.address_pools:
        _refuse(f"there are no address-pools; {EXPECTED}")
    rest = document.model_dump(by_alias=True, exclude_unset=True, exclude={"address_pools"})
    notes = ("peers and the like are taken over, checked, and not used: BGP is not spoken",) if rest else ()
    return Source({"address-pools": list(map(_pool, document.address_pools)), **rest}, notes)


def _pool(value: object) -> dict[str, Any]:
    section = PoolSection.model_validate(value)
    pool = section.model_dump(by_alias=True, exclude_unset=True)
    if any(map(has_edges, section.addresses)):
        pool.setdefault("skip-network-broadcast", False)
    return pool


def _refuse(message: str) -> NoReturn:
    raise ConfigRejected((ConfigFault("", message),))
