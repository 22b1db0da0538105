"""Lines out of chunks."""

from hypothesis import given
from hypothesis import strategies as st

from mockcloud.client.lines import LineSplitter


@given(
    lines=st.lists(st.binary(max_size=20).map(lambda b: b"x" + b.replace(b"\n", b"")), max_size=8),
    data=st.data(),
)
def test_lines_come_out_whole_however_they_are_cut(lines, data):
    """Any cut, any length; what has no end yet is kept."""
    stream = b"".join(line + b"\n" for line in lines) + b"rest"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    splitter, found = LineSplitter(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += splitter.feed(stream[start:end])
    assert found == lines
    assert splitter.feed(b"\n") == [b"rest"]


def test_empty_lines_are_dropped():
    """A server may send them to keep the connection alive."""
    assert LineSplitter().feed(b"\n\na\n \n") == [b"a"]
