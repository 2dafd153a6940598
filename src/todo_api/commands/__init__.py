"""What the commands do that is more than a few lines of `__main__`."""
