"""What views are given; ``responder`` itself has all of it."""

from responder.dictionary import CaseInsensitiveDict
from responder.messages import Request, Response
from responder_core.http.query import QueryDict
from responder_core.uploads import UploadFile

__all__ = ["CaseInsensitiveDict", "QueryDict", "Request", "Response", "UploadFile"]
