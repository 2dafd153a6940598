"""How the cost of a request grows with tasks, users and connections."""
