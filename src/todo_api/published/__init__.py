"""The public endpoints: the contract, its pages, Swagger UI, health checks."""
