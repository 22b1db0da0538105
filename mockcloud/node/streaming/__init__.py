"""The kubelet's server on port 10250: exec, attach, logs, port-forward; `runtime` reaches the containers."""
