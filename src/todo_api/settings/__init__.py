"""What the environment says, checked at start."""
