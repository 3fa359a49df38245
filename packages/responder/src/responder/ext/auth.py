"""How routes authenticated; now a guard does, which is a function: ``auth=Depends(guard)``.

The names are kept for what they say of it.
"""

from typing import TYPE_CHECKING

from responder.former import refuse_names

_GUARD = "auth= takes a guard, a function that reads req.headers and calls abort(401)"
_ROLES = "a guard refuses who may not with abort(403)"
_FLOWS = "api.add_security_scheme('oauth', {'type': 'oauth2', 'flows': …}, guard=…) tells of it"

if not TYPE_CHECKING:
    __getattr__ = refuse_names(
        __name__,
        {
            "APIKeyAuth": _GUARD,
            "AuthBase": _GUARD,
            "AuthPolicy": "a guard has a name already: give the function itself as auth=",
            "BasicAuth": _GUARD,
            "BearerAuth": _GUARD,
            "JWTAuth": _GUARD,
            "OAuth2Auth": _FLOWS,
            "OAuth2AuthorizationCodeFlow": _FLOWS,
            "OAuth2ClientCredentialsFlow": _FLOWS,
            "OAuth2Flow": _FLOWS,
            "OAuth2PasswordFlow": _FLOWS,
            "OptionalAuth": "auth=None leaves a route open; a provider may give None",
            "ScopedAuth": _ROLES,
            "compare_digest": "import it from hmac",
        },
    )
