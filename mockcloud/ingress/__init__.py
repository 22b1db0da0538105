"""The lab's Ingress controller: in a pod, it leads HTTP by host and path to pods, through HAProxy."""
