"""The cloud controller manager in the box and AWS' own: the same Services, Nodes and changes under both."""
