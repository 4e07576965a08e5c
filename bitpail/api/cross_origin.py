"""What pages of other sites may do with the API: everything, for it takes no cookie.

The headers are Bitbucket's, as documented (section 5 of the docs on its behaviour).
"""

from starlette.responses import Response

_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
_ASKED = (
    "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, "
    "If-Unmodified-Since, Origin, Range, X-Csrftoken, X-Requested-With"
)
_TOLD = "Accept-Ranges, Content-Encoding, Content-Length, Content-Type, ETag, Last-Modified"


def allowed(response: Response) -> Response:
    """The answer, for a page of any site to read."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = _TOLD
    return response


def preflight() -> Response:
    """The answer to a browser that asks beforehand; the same for every address."""
    headers = {
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": _ASKED,
        "Access-Control-Max-Age": "86400",
    }
    return allowed(Response(status_code=204, headers=headers))
