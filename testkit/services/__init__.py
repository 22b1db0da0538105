"""Nodes with Service rules, pods and clients in network namespaces; programs that ask and answer in them."""
