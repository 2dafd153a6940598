"""Schemas of requests: translated to JSON Schema, compiled once, and what they say of a fault."""
