"""Seen by a client outside of the cluster: packets, not mocks."""

from mockcloud.testing import Lab


def test_the_shop_answers_at_its_address(mockcloud_lab: Lab, shop: str) -> None:
    address = mockcloud_lab.address("shop", shop)
    assert "Welcome" in mockcloud_lab.fetch(f"http://{address}/")


def test_the_shop_survives_the_cable_of_a_node(mockcloud_lab: Lab, shop: str) -> None:
    address, owner = mockcloud_lab.address("shop", shop), mockcloud_lab.announcer("shop", shop)
    with mockcloud_lab.cut(owner):
        assert "Welcome" in mockcloud_lab.fetch(f"http://{address}/", seconds=60)
    mockcloud_lab.wait(f"node/{owner}", "condition=Ready")
