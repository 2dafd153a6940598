"""What the server publishes: the contract, its pages, Swagger UI and its own health."""
