"""What can go wrong, and how a client is told."""
