"""What the page shows, made of objects, and what its requests mean; pure."""
