"""Swagger UI: its files are a package's, served by Connexion; the page around them is ours."""

from functools import cache
from importlib.resources import files

from connexion.options import SwaggerUIOptions

PATH = "/docs"

OPTIONS = SwaggerUIOptions(
    serve_spec=False,
    swagger_ui_path=PATH,
    swagger_ui_template_dir=str(files("star_openapi_swagger") / "templates" / "swagger"),
)


@cache
def page() -> str:
    """Return the page that shows the contract and tries it out."""
    return (files("todo_api.published") / "swagger.html").read_text("utf-8")
