"""Routes that give a web page a cookie for a key or a code, and take it back; and make such codes.

The cookie holds the secret of a session, not the key. A script cannot read it, no other site can
send it, and it is valid for twelve hours at most, and no longer than its key.
"""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from pydantic import JsonValue

from functions.gateway.access import Holder
from functions.gateway.credentials import INVALID, cookie_name, session_of
from functions.gateway.deployment import InDeployment
from functions.gateway.examples import EXAMPLES
from functions.gateway.limits import address_of, limits_of
from functions.gateway.openapi import problems
from functions.gateway.routes.keys import view_of
from functions.gateway.same_origin import refuse_other_pages
from shared.jobs.key_store import SESSION_HOURS, KeyRecord, KeyStore
from shared.model.api import CodeLoginRequest, KeyView, LoginCode, LoginRequest
from shared.model.errors import Forbidden, TooManyRequests, Unauthenticated

router = APIRouter(tags=["keys"], prefix="/api/v1")

Login = LoginRequest | CodeLoginRequest
LOGIN_EXAMPLES: list[JsonValue] = [EXAMPLES["LoginRequest"], EXAMPLES["CodeLoginRequest"]]
SentLogin = Annotated[Login, Body(examples=LOGIN_EXAMPLES)]
INVALID_CODE = "The code is not known, was used or has expired."


@router.post(
    "/login",
    response_description="The key, and the cookie in Set-Cookie.",
    responses=problems(Unauthenticated, Forbidden, TooManyRequests),
)
def log_in(login: SentLogin, request: Request, response: Response, stores: InDeployment) -> KeyView:
    """Exchange a key, or a code for one login, for a session's cookie."""
    refuse_other_pages(request)
    address = address_of(request)
    wrong_keys = limits_of(request).wrong_keys
    wrong_keys.check(address)
    key = key_of_login(login, stores.keys)
    if key is None:
        wrong_keys.count(address)
        raise Unauthenticated(INVALID if isinstance(login, LoginRequest) else INVALID_CODE)
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
    "/login-codes",
    status_code=201,
    response_description="The code.",
    responses=problems(Forbidden),
)
def create_login_code(request: Request, holder: Holder, stores: InDeployment) -> LoginCode:
    """Make a code with which the page can log in once, within ten minutes, as the key of this
    request. It needs no scope.

    A session makes none, so that it ends after twelve hours.
    """
    if request.state.credential.kind == "session":
        raise Forbidden("A session makes no codes. Send the key.")
    code, expires = stores.keys.make_code(holder)
    return LoginCode(code=code, expires=expires)


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


def key_of_login(login: Login, keys: KeyStore) -> KeyRecord | None:
    """Returns the valid key with which a page logs in, or None. A code is used up."""
    if isinstance(login, LoginRequest):
        return keys.find(login.key)
    return keys.use_code(login.code)
