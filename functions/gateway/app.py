"""The application: its routes and what surrounds them."""

from fastapi import FastAPI

from functions.gateway.openapi import DocumentedApi, operation_id
from functions.gateway.problems import add_problem_handlers
from functions.gateway.routes import health
from shared import __version__


def create_app() -> FastAPI:
    app = DocumentedApi(
        title="Dropscribe",
        version=__version__,
        description="Drop a recording into a bucket; get back who said what, and when.",
        generate_unique_id_function=operation_id,
        docs_url=None,
        redoc_url=None,
    )
    add_problem_handlers(app)
    app.include_router(health.router)
    return app
