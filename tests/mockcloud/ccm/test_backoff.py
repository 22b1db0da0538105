from mockcloud.ccm.backoff import Backoff


def test_it_doubles_up_to_the_limit_and_success_begins_anew():
    """5 s to 300 s, each key for itself, as the service controller's queue has it upstream."""
    backoff = Backoff(5.0, 300.0)
    assert [backoff.failed("a") for _ in range(8)] == [5, 10, 20, 40, 80, 160, 300, 300]
    assert backoff.failed("b") == 5
    backoff.succeeded("a")
    assert backoff.failed("a") == 5
