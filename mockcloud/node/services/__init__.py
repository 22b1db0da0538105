"""Service rules: Services and EndpointSlices -> a ruleset (pure) -> nftables."""
