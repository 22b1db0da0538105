"""What pods' programs need of the machine's files."""

from mockcloud.node.container_config.programs import why_closed


def test_a_program_that_only_its_owner_can_read_is_named_with_the_remedy(tmp_path):
    """As after `make setup` under umask 077: the pod's status says what to type."""
    program = tmp_path / "python3"
    program.touch(mode=0o755)
    assert why_closed([str(program)]) == ""
    program.chmod(0o700)
    assert why_closed([str(program)]) == (
        f"{program} is readable by its owner only, and pods of root's lab are nobody. "
        f"Type: chmod -R o+rX {tmp_path}"
    )
