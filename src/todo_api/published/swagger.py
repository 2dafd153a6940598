"""Swagger UI: the files come from a package and Connexion serves them; the page is our own."""

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
    """Return the page of Swagger UI."""
    return (files("todo_api.published") / "swagger.html").read_text("utf-8")
