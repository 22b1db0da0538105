"""What a Service asks for and cannot have."""


class Refused(ValueError):
    """Why not, in upstream's words where it has some: they become the Service's Event."""
