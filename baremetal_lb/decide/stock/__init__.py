"""What is free, resting or shared of a pool: indexes that answer without a walk."""
