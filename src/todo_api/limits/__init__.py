"""Rate limits for users and addresses."""
