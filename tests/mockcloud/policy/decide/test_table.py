"""Scripts that make a table, or one of another; that the kernel takes them is test_real_rules.py's."""

from mockcloud.policy.decide.table import ONE_TRANSACTION, Elements, Table, changed, staged
from mockcloud.proxy.decide.views import Family

HOOK = {"in": "type filter hook forward priority 0"}


def of(rules=("drop",), **members):
    sets = {
        name: Elements("set", "type ipv4_addr", dict.fromkeys(each, "")) for name, each in members.items()
    }
    return Table({"in": ("jump a",), "a": tuple(rules)}, sets, HOOK)


def test_the_last_script_brings_it_into_force():
    """However many there are, none before has a chain that packets begin in; the other table goes with it."""
    many = [f"10.0.{number >> 8}.{number & 255}" for number in range(8000)]
    scripts = list(staged(of(peers=many), Family.IPV4, "t", ["u"]))
    assert len(scripts) > 1
    assert all(len(each) <= ONE_TRANSACTION for each in scripts)
    assert ["hook" in each for each in scripts] == [False] * (len(scripts) - 1) + [True]
    assert scripts[-1].endswith("add table ip u\ndelete table ip u\n")


def test_a_small_one_is_one_script():
    """Declared before it is used."""
    (script,) = staged(of(peers=["10.0.0.1"]), Family.IPV4, "t", [])
    lines = script.splitlines()
    assert (
        lines.index("add chain ip t a")
        < lines.index("add rule ip t a drop")
        < lines.index("add rule ip t in jump a")
    )


def test_changes():
    """Only what differs; a chain that is gone is left empty, a set is deleted."""
    assert changed(of(), of(), Family.IPV4, "t") == ""
    said = changed(of(peers=["10.0.0.1", "10.0.0.2"]), of(peers=["10.0.0.2", "10.0.0.3"]), Family.IPV4, "t")
    assert said == "delete element ip t peers { 10.0.0.1 }\nadd element ip t peers { 10.0.0.3 }\n"
    said = changed(of(peers=["10.0.0.1"]), of(["accept"], other=[]), Family.IPV4, "t").splitlines()
    assert said == [
        "add chain ip t a",
        "flush chain ip t a",
        "add set ip t other { type ipv4_addr ; }",
        "add rule ip t a accept",
        "delete set ip t peers",
    ]
    gone = Table({"in": ("jump a",)}, {}, HOOK)
    assert changed(of(), gone, Family.IPV4, "t") == "flush chain ip t a\n"
