"""Connexion as it comes, with the contract of Todo API.

As taught on https://connexion.readthedocs.io/en/latest/quickstart.html, routing.html and
security.html; the contract names no function, so RelativeResolver and BEARERINFO_FUNC do.
"""

from pathlib import Path

from connexion import AsyncApp
from connexion.resolver import RelativeResolver

app = AsyncApp(__name__, specification_dir=Path(__file__).parents[3] / "openapi")
app.add_api(
    "todo.yaml",
    resolver=RelativeResolver("connexion_stock.handlers"),
    resolver_error=501,  # PUT and DELETE are not measured
)
