"""`baremetal-lb migrate`: reads MetalLB's configuration, and takes its Services over."""
