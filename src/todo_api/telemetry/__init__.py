"""What the operator sees: the log, metrics and traces."""
