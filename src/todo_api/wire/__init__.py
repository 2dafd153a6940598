"""HTTP/1.1 on a connection: bytes in, bytes out, with a limit on every state."""
