"""Keys that end, and what is kept over a restart."""

from mockcloud.node.programs.redis.store import Store, now


def test_keys_end_and_what_lives_is_kept():
    """What was dumped comes back with its end; what has ended does not."""
    store = Store()
    store.set("lasting", "1")
    store.set("ending", "2", now() + 100)
    store.set("ended", "3", now() - 1)
    after = Store()
    after.load(store.dumped())
    assert sorted(after.names()) == ["ending", "lasting"]
    assert after.ends("ending") == store.ends("ending")
    assert (after.delete("lasting"), after.delete("lasting")) == (True, False)
