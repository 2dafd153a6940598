"""Who sends a request: tokens and the keys they are signed with."""
