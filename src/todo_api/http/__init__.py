"""Requests and answers as this service has them: refusals, headers, proxies, ASGI."""
