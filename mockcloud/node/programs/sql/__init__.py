"""What the stand-ins for SQL databases understand: SELECTs of constants, functions and who answers."""
