"""When a token is renewed."""

import pytest

from mockcloud.node.pods.files.convert import volume
from mockcloud.node.pods.files.sources import Token
from mockcloud.node.pods.spec import PodSpec
from mockcloud.node.pods.tokens import Issued, tokens_of


@pytest.mark.parametrize(
    ("ends", "due"),
    [
        pytest.param(1000 + 3600, 1000 + 2880, id="after-four-fifths"),
        pytest.param(1000 + 365 * 86400, 1000 + 86400, id="after-a-day-at-the-latest"),
    ],
)
def test_a_token_is_renewed_well_before_its_end(ends, due):
    """As a kubelet does it."""
    assert Issued("t", 1000.0, float(ends)).due == due


def test_each_token_of_a_pods_volumes_is_asked_for_once():
    """Whichever volume it is in; one for another audience is another."""

    def projected(name, *tokens):
        sources = [{"serviceAccountToken": each} for each in tokens]
        return volume({"name": name, "projected": {"sources": sources}})

    spec = PodSpec(
        "u",
        "shop",
        "web",
        (),
        volumes=(
            projected(
                "a", {"path": "token"}, {"path": "vault", "audience": "vault", "expirationSeconds": 600}
            ),
            projected("b", {"path": "token"}),
            volume({"name": "c", "emptyDir": {}}),
        ),
    )
    assert tokens_of(spec) == {Token("token"), Token("vault", "vault", 600)}
