"""The commands that look at a cluster, and write nothing: `baremetal-lb status` and `baremetal-lb why`."""
