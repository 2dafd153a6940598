"""The contract itself: loaded, read, compiled, and refused if it can't be enforced."""
