"""Pure: Services and EndpointSlices -> elements of a table -> the text that nft takes. No I/O, no clock."""
