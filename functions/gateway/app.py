"""The application: its routes and what surrounds them."""

from fastapi import FastAPI

from functions.gateway.problems import add_problem_handlers
from functions.gateway.routes import health
from shared import __version__


def create_app() -> FastAPI:
    app = FastAPI(
        title="Dropscribe",
        version=__version__,
        description="Drop a recording into a bucket; get back who said what, and when.",
        docs_url=None,
        redoc_url=None,
    )
    add_problem_handlers(app)
    app.include_router(health.router)
    return app
