"""The service's side of HTTP: refusals, headers, proxies, ASGI."""
