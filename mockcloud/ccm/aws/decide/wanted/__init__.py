"""What a Service asks for at AWS: its annotations and spec, read; what it cannot have is refused."""
