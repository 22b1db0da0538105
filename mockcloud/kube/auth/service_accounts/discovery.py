"""How others find out whose tokens these are: OpenID Connect discovery 1.0, as far as Kubernetes has it."""

from typing import Final

from mockcloud.kube.auth.service_accounts.signing import ALGORITHM
from mockcloud.kube.json_types import JsonObject

CONFIGURATION_PATH: Final = "/.well-known/openid-configuration"
KEYS_PATH: Final = "/openid/v1/jwks"
KEYS_TYPE: Final = "application/jwk-set+json"


def configuration(issuer: str, server: str) -> JsonObject:
    """The discovery document; `server` is where the API is reached, https://HOST:PORT."""
    return {
        "issuer": issuer,
        "jwks_uri": f"{server}{KEYS_PATH}",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
    }
