"""The endpoints controllers: EndpointSlices and Endpoints from Services' selectors and pods' readiness.

How endpoints are packed into slices and written is in `endpointslice_shared`. All but `controller` is pure.
"""
