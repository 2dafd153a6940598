"""Parameters: where each stands in a request, how its text is split, and what value it has."""
