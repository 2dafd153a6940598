"""HTTP/1.1 on a connection: bytes in, bytes out, every state bounded."""
