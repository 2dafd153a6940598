"""Request schemas: translated to JSON Schema, compiled once, with messages for each fault."""
