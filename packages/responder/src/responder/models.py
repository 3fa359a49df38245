"""What views are given; ``responder`` itself has all of it."""

from typing import TYPE_CHECKING

from responder.former import refuse_names
from responder.messages import Request, Response
from responder_core.http.query import QueryDict
from responder_core.uploads import UploadFile

__all__ = ["QueryDict", "Request", "Response", "UploadFile"]

if not TYPE_CHECKING:
    __getattr__ = refuse_names(
        __name__,
        {
            "CaseInsensitiveDict": (
                "req.headers and resp.headers are such ones; starlette.datastructures has Headers"
            )
        },
    )
