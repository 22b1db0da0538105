"""The agent's server on port 10250, as a kubelet has it: exec, attach, logs, port-forward."""
