"""How the way to a cluster is found, and what is said of a file that names none."""

import pytest

from baremetal_lb.kube.errors import KubeconfigError
from baremetal_lb.kube.kubeconfig import check, locate

GOOD = {
    "clusters": "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n",
    "users": "users: [{name: u, user: {token: t}}]\n",
    "contexts": "contexts: [{name: x, context: {cluster: c, user: u}}]\n",
    "current": "current-context: x\n",
}


def text(**parts: str) -> str:
    return "".join({**GOOD, **parts}.values())


def test_it_is_looked_for_as_kubectl_does(tmp_path):
    """The file given, else those of $KUBECONFIG that exist, else the one at home, else there is none."""
    own = tmp_path / ".kube" / "config"
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text(text())
    assert locate(None, {}, tmp_path) is None
    own.parent.mkdir()
    own.write_text(text())
    assert locate(None, {}, tmp_path).paths == (own,)
    assert locate(None, {"KUBECONFIG": ""}, tmp_path).paths == (own,)
    assert locate(None, {"KUBECONFIG": f"{two}:{one}"}, tmp_path).paths == (one,)
    assert locate(two, {"KUBECONFIG": str(one)}, tmp_path).paths == (two,)


def test_a_file_that_is_not_there_is_named(tmp_path):
    """With who named it, and what to do."""
    with pytest.raises(KubeconfigError, match=r"'/nowhere' \(\$KUBECONFIG\) does not exist; set KUBECONFIG"):
        locate(None, {"KUBECONFIG": "/nowhere"}, tmp_path)


def test_several_files_are_one(tmp_path):
    """Each may have a part."""
    for name, part in GOOD.items():
        (tmp_path / name).write_text(part)
    check(locate(None, {"KUBECONFIG": ":".join(str(tmp_path / name) for name in GOOD)}, tmp_path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("", "is empty; expected a kubeconfig with clusters, users, contexts", id="empty"),
        pytest.param("a: [", "is not YAML: line 1: expected the node content", id="broken"),
        pytest.param("word", "is not a mapping; expected a kubeconfig", id="word"),
        pytest.param("address-pools: []", "has address-pools; expected a kubeconfig", id="another-file"),
        pytest.param(
            text(current=""),
            "has no current-context; kubectl config use-context chooses one of: x",
            id="no-current",
        ),
        pytest.param(
            text(contexts=""),
            "current-context is 'x', which is not one of its contexts: none",
            id="no-context",
        ),
        pytest.param(text(users=""), "context 'x' has user 'u'; there are: none", id="no-user"),
        pytest.param(
            text(clusters="clusters: [{name: d}]\n"),
            "context 'x' has cluster 'c'; there are: d",
            id="no-cluster",
        ),
        pytest.param("\udcff", "can't be read", id="no-text"),
    ],
)
def test_a_file_that_names_no_cluster_says_why(tmp_path, content, message):
    """In one line, with its path and who named it."""
    path = tmp_path / "config"
    path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(KubeconfigError) as caught:
        check(locate(path, {}, tmp_path))
    assert f"kubeconfig '{path}' (--kubeconfig)" in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
