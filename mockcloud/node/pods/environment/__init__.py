"""The environment of a pod's containers, as a kubelet makes it. Pure."""
