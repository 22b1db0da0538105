"""Service rules: the API's Services and EndpointSlices, by `decide`, to the kernel's nftables."""
