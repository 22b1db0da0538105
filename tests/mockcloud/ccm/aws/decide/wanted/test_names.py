from mockcloud.ccm.aws.decide.wanted import names


def test_a_balancers_name_is_of_the_services_uid():
    """An `a`, and 31 of its digits: upstream's default."""
    assert names.balancer_name("6a1e6f0c-8a5b-4b8e-9d4e-0f1e2d3c4b5a") == "a6a1e6f0c8a5b4b8e9d4e0f1e2d3c4b5"
    assert names.security_group_name("a1") == "k8s-elb-a1"


def test_a_target_groups_name_has_eight_letters_of_each_and_ten_of_a_hash():
    """32 characters at most, letters, digits and hyphens only; another port is another name."""
    name = names.target_group_name("kube-system", "my-web-frontend", "c", 80)
    assert name.startswith("k8s-kubesyst-mywebfro-")
    assert len(name) == 32
    assert name != names.target_group_name("kube-system", "my-web-frontend", "c", 81)
    assert name.startswith(names.target_group_prefix("kube-system", "my-web-frontend"))


def test_tags_say_whose_it_is_whatever_a_person_adds():
    """The cluster's tag and the Service's are not to be hidden."""
    further = {"team": "blue", "kubernetes.io/service-name": "mine"}
    assert names.tags("lab", "default/web", further) == {
        "team": "blue",
        "kubernetes.io/service-name": "default/web",
        "kubernetes.io/cluster/lab": "owned",
    }


def test_a_clusters_things_are_known_by_either_form_of_its_tag():
    """The older one has the name as its value."""
    assert names.is_of_cluster({"kubernetes.io/cluster/lab": "shared"}, "lab")
    assert names.is_of_cluster({"KubernetesCluster": "lab"}, "lab")
    assert not names.is_of_cluster({"kubernetes.io/cluster/other": "owned"}, "lab")
    assert names.is_of_any_cluster({"kubernetes.io/cluster/other": "owned"})
    assert not names.is_of_any_cluster({"Name": "x"})
