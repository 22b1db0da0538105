"""What the two controllers of EndpointSlices share: endpoints as values, packing into slices, the writes.

Nothing that knows where endpoints come from: that is `endpointslice` (pods) and `endpointslice_mirroring`.
All but `writer` is pure.
"""
