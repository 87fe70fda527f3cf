"""The errors of a request, and their form in Google's two APIs.

* ApiError              500  backendError
  + NotModified         304  (no body)
  + Invalid             400  invalid
    + BadDigest         400  invalid
    + Expired           400  invalid
    + Unserved          400  invalid
  + Forbidden           403  forbidden
    + Held              403  forbidden
  + NotFound            404  notFound
    + NoSuchBucket      404  notFound
    + NoSuchUpload      404  notFound
  + MethodNotAllowed    405  methodNotAllowed
  + Conflict            409  conflict
  + PreconditionFailed  412  conditionNotMet
  + RangeNotSatisfiable 416  requestedRangeNotSatisfiable
  + Busy                503  backendError
  + NoRoom              503  backendError
"""

from typing import ClassVar
from xml.etree import ElementTree

from starlette.responses import JSONResponse, Response

JSON_API = ("/storage/", "/upload/", "/download/", "/batch/")


class ApiError(Exception):
    """A refused request. The message is for the client."""

    status: ClassVar[int] = 500
    reason: ClassVar[str] = "backendError"
    xml_code: ClassVar[str] = "InternalError"

    @property
    def message(self) -> str:
        return str(self)


class NotModified(ApiError):
    status, reason, xml_code = 304, "notModified", "NotModified"


class Invalid(ApiError):
    status, reason, xml_code = 400, "invalid", "InvalidArgument"


class BadDigest(Invalid):
    xml_code = "BadDigest"


class Expired(Invalid):
    xml_code = "ExpiredToken"


class Unserved(Invalid):
    """Cloud Storage can do this, and this server cannot."""

    xml_code = "NotImplemented"


class Forbidden(ApiError):
    status, reason, xml_code = 403, "forbidden", "AccessDenied"


class Held(Forbidden):
    """The object is under a hold: it may neither be deleted nor replaced."""


class NotFound(ApiError):
    status, reason, xml_code = 404, "notFound", "NoSuchKey"


class NoSuchBucket(NotFound):
    xml_code = "NoSuchBucket"


class NoSuchUpload(NotFound):
    xml_code = "NoSuchUpload"


class MethodNotAllowed(ApiError):
    status, reason, xml_code = 405, "methodNotAllowed", "MethodNotAllowed"


class Conflict(ApiError):
    status, reason, xml_code = 409, "conflict", "Conflict"


class PreconditionFailed(ApiError):
    status, reason, xml_code = 412, "conditionNotMet", "PreconditionFailed"


class RangeNotSatisfiable(ApiError):
    status, reason, xml_code = 416, "requestedRangeNotSatisfiable", "InvalidRange"


class Busy(ApiError):
    status, reason, xml_code = 503, "backendError", "ServiceUnavailable"


class NoRoom(ApiError):
    """The disk is full. Cloud Storage never is, so this is 503, which its clients retry."""

    status, reason, xml_code = 503, "backendError", "ServiceUnavailable"


def refusal(error: ApiError, path: str) -> Response:
    """Returns the error response in the form of the API that `path` belongs to."""
    if error.status == 304:
        return Response(status_code=304)
    return as_json(error) if path.startswith(JSON_API) else as_xml(error)


def as_json(error: ApiError) -> Response:
    detail = {"message": error.message, "domain": "global", "reason": error.reason}
    body = {"error": {"code": error.status, "message": error.message, "errors": [detail]}}
    return JSONResponse(body, error.status)


def as_xml(error: ApiError) -> Response:
    root = ElementTree.Element("Error")
    for tag, text in (
        ("Code", error.xml_code),
        ("Message", error.message),
        ("Details", error.message),
    ):
        ElementTree.SubElement(root, tag).text = text
    body = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return Response(body, error.status, media_type="application/xml")
