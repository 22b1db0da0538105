"""What a cluster asks of each write by itself: a file a plug-in, or a family of them, by upstream's names."""
