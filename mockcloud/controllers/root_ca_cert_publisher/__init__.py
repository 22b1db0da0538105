"""The publisher of the API's certificate authority: ConfigMap kube-root-ca.crt in each namespace."""
