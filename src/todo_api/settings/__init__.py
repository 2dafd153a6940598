"""Settings from environment variables, validated at start."""
