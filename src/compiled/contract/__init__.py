"""The contract itself: loaded, read, compiled, and refused where it would not be kept."""
