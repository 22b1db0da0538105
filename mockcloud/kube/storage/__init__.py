"""What is kept: objects, their versions and history, and the journal that outlives a killed process."""
