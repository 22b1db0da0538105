"""The mirroring controller: EndpointSlices from Endpoints that users write for Services without a selector.

Nothing about pods; how slices are packed and written is in `endpointslice_shared`.
"""
