"""The files that a kubelet gives to pods: what is in them. Pure."""
