import pytest

from mockcloud.ccm.settings import read_settings

KUBECONFIG = ["--kubeconfig", "k"]
GIVEN = {"AWS_REGION": "eu-central-1", "CLUSTER_NAME": "lab", "MOCKCLOUD_VPC_ID": "vpc-1"}


def test_all_may_come_from_the_environment_or_the_arguments():
    """An argument counts more."""
    found = read_settings(KUBECONFIG, GIVEN)
    assert (found.cluster, found.vpc, found.region, found.kubeconfig) == ("lab", "vpc-1", "eu-central-1", "k")
    assert read_settings([*KUBECONFIG, "--cluster-name", "other"], GIVEN).cluster == "other"


def test_the_cloud_config_of_awss_own_controller_is_understood(tmp_path):
    """As gcfg has it: with quotation marks or without, and sections that are not for us."""
    path = tmp_path / "cloud.conf"
    path.write_text(
        '[Global]\nZone = eu-central-1a\nVPC="vpc-2"\nKubernetesClusterID = blue\n\n'
        '[ServiceOverride "1"]\nService = ec2\n'
    )
    found = read_settings([*KUBECONFIG, "--cloud-config", str(path)], {"AWS_DEFAULT_REGION": "eu-central-1"})
    assert (found.cluster, found.vpc) == ("blue", "vpc-2")


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("CLUSTER_NAME", "the cluster has no name"),
        ("MOCKCLOUD_VPC_ID", "the VPC is not known"),
        ("AWS_REGION", "the region is not known"),
    ],
)
def test_what_is_missing_is_named_with_where_it_may_stand(missing, words):
    """One message."""
    with pytest.raises(ValueError, match=words) as error:
        read_settings(KUBECONFIG, {key: each for key, each in GIVEN.items() if key != missing})
    assert missing in str(error.value)


def test_a_cloud_config_that_cannot_be_read_is_named(tmp_path):
    """Absent, or not of its form."""
    with pytest.raises(ValueError, match=r"--cloud-config .*: it cannot be read"):
        read_settings([*KUBECONFIG, "--cloud-config", str(tmp_path / "none")], GIVEN)
    (tmp_path / "junk").write_text("VPC = vpc-1")
    with pytest.raises(ValueError, match="it cannot be read"):
        read_settings([*KUBECONFIG, "--cloud-config", str(tmp_path / "junk")], GIVEN)
