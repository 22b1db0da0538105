"""The process: arguments, certificates, kubeconfigs, sockets, signals."""
