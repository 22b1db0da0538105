from mockcloud.ccm.leadership.candidate import Candidate, Lease, Take, Wait


def test_a_new_lease_one_given_back_and_ones_own_are_taken():
    """A change of holder is one more transition."""
    candidate = Candidate("me")
    assert candidate.consider(None, 0.0) == Take(0)
    assert candidate.consider(Lease("", "t", 15, 4), 1.0) == Take(5)
    assert candidate.consider(Lease("me", "t", 15, 5), 2.0) == Take(5)


def test_anothers_is_taken_only_when_it_has_stood_unrenewed_for_its_duration():
    """By this machine's time since it was last seen to change, never by what it says."""
    candidate = Candidate("me")
    assert candidate.consider(Lease("other", "1", 15), 0.0) == Wait("other", 2.0)
    assert candidate.consider(Lease("other", "2", 15), 14.0) == Wait("other", 2.0)
    assert candidate.consider(Lease("other", "2", 15), 28.5) == Wait("other", 0.5)
    assert candidate.consider(Lease("other", "2", 15), 29.0) == Take(1)
