"""Volume claims as values."""

from mockcloud.controllers.objects.volume_claims import parse_volume_claim


def test_claims_bear_what_others_wrote():
    """A claim without a status."""
    claim = parse_volume_claim({"metadata": {"namespace": "ns", "name": "db-a", "uid": "u"}, "spec": {}})
    assert (claim.volume, claim.phase, claim.modes, claim.size) == ("", "Pending", (), "")
