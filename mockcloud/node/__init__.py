"""The kubelet: pods as processes in namespaces, the Node object. It runs the proxy, which is not in here."""
