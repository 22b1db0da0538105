"""The node agent: pods as namespaces with a program in them, Service rules in nftables, the Node object."""
