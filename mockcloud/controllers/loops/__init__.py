"""One control loop a file: it gathers what its decision needs, and performs what was decided."""
