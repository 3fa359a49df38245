"""Models of older programs: ``request_model=`` and ``params_model=``, kept on ``req.state``."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from responder_core.markers import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_KEPT = {"request_model": "validated", "params_model": "validated_params"}


def keep_models(models: Mapping[str, Any], *, has_body: bool) -> list[Callable[..., Any]]:
    """The guard that reads these models, and keeps them on the state of the request.

    ``request_model`` reads the body, of methods that have one, to ``req.state.validated``;
    ``params_model`` the query, to ``req.state.validated_params``.
    """
    parameters = [inspect.Parameter("req", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    for option, model in models.items():
        if model is None or (option == "request_model" and not has_body):
            continue
        default = Query() if option == "params_model" else inspect.Parameter.empty
        parameters.append(
            inspect.Parameter(
                _KEPT[option], inspect.Parameter.KEYWORD_ONLY, default=default, annotation=model
            )
        )

    async def keep(req: Any, **values: Any) -> None:  # noqa: ANN401 - any model
        for name, value in values.items():
            setattr(req.state, name, value)

    setattr(keep, "__signature__", inspect.Signature(parameters))  # noqa: B010 - no field of it
    return [keep]
