"""Routes that give a web page a cookie for a key, and take it back.

The cookie holds the secret of a session, not the key. A script cannot read it, no other site can
send it, and it is valid for twelve hours at most, and no longer than its key.
"""

from fastapi import APIRouter, Request, Response

from functions.gateway.credentials import INVALID, cookie_name, session_of
from functions.gateway.deployment import InDeployment
from functions.gateway.limits import address_of, limits_of
from functions.gateway.openapi import problems
from functions.gateway.routes.keys import view_of
from functions.gateway.same_origin import refuse_other_pages
from shared.jobs.key_store import SESSION_HOURS
from shared.model.api import KeyView, LoginRequest
from shared.model.errors import Forbidden, TooManyRequests, Unauthenticated

router = APIRouter(tags=["keys"], prefix="/api/v1")


@router.post(
    "/login",
    response_description="The key, and the cookie in Set-Cookie.",
    responses=problems(Unauthenticated, Forbidden, TooManyRequests),
)
def log_in(
    login: LoginRequest, request: Request, response: Response, stores: InDeployment
) -> KeyView:
    """Exchange a key for a session's cookie."""
    refuse_other_pages(request)
    address = address_of(request)
    wrong_keys = limits_of(request).wrong_keys
    wrong_keys.check(address)
    key = stores.keys.find(login.key)
    if key is None:
        wrong_keys.count(address)
        raise Unauthenticated(INVALID)
    is_https = request.url.scheme == "https"
    response.set_cookie(
        cookie_name(is_https=is_https),
        stores.keys.log_in(key),
        max_age=SESSION_HOURS * 3600,
        secure=is_https,
        httponly=True,
        samesite="strict",
    )
    return view_of(key)


@router.post(
    "/logout",
    status_code=204,
    response_class=Response,
    response_description="There is no session any more.",
    responses=problems(Forbidden),
)
def log_out(request: Request, response: Response, stores: InDeployment) -> None:
    """End the session of the request's cookie, if it has one."""
    refuse_other_pages(request)
    is_https = request.url.scheme == "https"
    credential = session_of(request.headers, is_https=is_https)
    if credential is not None:
        stores.keys.log_out(credential.digest)
    response.delete_cookie(
        cookie_name(is_https=is_https), secure=is_https, httponly=True, samesite="strict"
    )
