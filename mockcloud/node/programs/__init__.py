"""What images stand for: servers, tools. Each has a fresh interpreter, they import little, all standard."""
