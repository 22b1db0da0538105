"""What the condition Announced proves of an address."""

import pytest

from baremetal_lb.decide.layer2.acd.proof import Proof, proof_of
from baremetal_lb.model.api_names import (
    AnnouncedReason,
)
from baremetal_lb.model.places import Place, Port, tell
from baremetal_lb.model.services import Condition, ServiceStatus
from tests.fakes.guarded import OTHER, VIP

SENTENCE = tell([Place((VIP,), "node-2", (Port("eth0", "02:00:00:00:00:02"),))])


@pytest.mark.parametrize(
    ("condition", "proof"),
    [
        pytest.param(None, Proof.NONE, id="none-yet"),
        pytest.param(Condition(True, AnnouncedReason.ANNOUNCED, SENTENCE), Proof.USED, id="announced"),
        pytest.param(
            Condition(True, AnnouncedReason.ANNOUNCED, SENTENCE.replace(str(VIP), str(OTHER))),
            Proof.NONE,
            id="another-address-was",
        ),
        pytest.param(Condition(True, AnnouncedReason.ANNOUNCED, "yes!"), Proof.NONE, id="another-sentence"),
        pytest.param(Condition(False, AnnouncedReason.NO_ENDPOINTS, SENTENCE), Proof.NONE, id="not-now"),
        pytest.param(Condition(False, AnnouncedReason.CONFLICT_SEEN, ""), Proof.USED, id="conflict"),
        pytest.param(Condition(False, AnnouncedReason.NOT_ANSWERING, ""), Proof.USED, id="watchdog"),
        pytest.param(Condition(False, AnnouncedReason.NO_WAY_BACK, ""), Proof.USED, id="no-way-back"),
        pytest.param(Condition(False, AnnouncedReason.ADDRESS_IN_USE, ""), Proof.REFUSED, id="in-use"),
    ],
)
def test_proof(condition, proof) -> None:
    """Only what was announced, up to now, counts as used."""
    assert proof_of(ServiceStatus((VIP,), announced=condition), VIP) is proof
