"""The engine: executes the operations of one schema, whatever they came over."""

from __future__ import annotations

from contextlib import aclosing, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

import graphql
from anyio import CancelScope, current_time
from graphql import ExecutionResult, GraphQLError, OperationType

from responder_graphql.costs import price
from responder_graphql.documents import Documents
from responder_graphql.errors import TIMEOUT, Refusal, make_error
from responder_graphql.failures import Failures
from responder_graphql.features import hiding, is_awaitable, naming_executor, takes, unwrap
from responder_graphql.leaves import holding_to_json
from responder_graphql.measures import check_complexity
from responder_graphql.operation import Operation

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from graphql import GraphQLSchema

    from responder_core.connection import Connection
    from responder_graphql.documents import Plan
    from responder_graphql.operation import Observer, Transport
    from responder_graphql.parameters import Parameters
    from responder_graphql.settings import GraphQLSettings

    Result = dict[str, Any]


# 3.2 and 3.3 take other keywords; features.py knows which.
_core = cast("Any", graphql)
_execute: Callable[..., Any] = _core.execute
_subscribe: Callable[..., Any] = _core.subscribe

SUBSCRIPTION = OperationType.SUBSCRIPTION
MUTATION = OperationType.MUTATION


class Run(Protocol):
    """What executes queries and mutations: ``Engine.run``."""

    async def __call__(
        self,
        plan: Plan,
        parameters: Parameters,
        req: Connection,
        context: Any,  # noqa: ANN401 - whatever the program made it
        transport: Transport = "http",
        *,
        deadline: float | None = None,
    ) -> Result:
        """The result: data before errors, as it is sent."""
        ...


class Engine:
    """Executes the operations of one schema as one app wants it.

    Attributes:
        documents: what is executed, parsed and valid.
        run: what executes queries and mutations.
        settings: what the program chose.
        debug: that of the app.

    Args:
        schema: graphql-core's.
        settings: what the program chose.
        debug: that of the app, which decides what the settings leave open.
        write: what writes JSON for the app.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        settings: GraphQLSettings,
        *,
        debug: bool,
        write: Callable[[Any], bytes],
    ) -> None:
        self.settings = settings
        self.debug = debug
        self._schema = schema
        self._limits = limits = settings.limits
        # Without a function the documents themselves are refused, once.
        self._most_cost = None if limits.cost is None else limits.complexity
        self._finds_at_once = self._most_cost is None and settings.trusted is None
        introspection = settings.introspection
        self._suggests = introspection = debug if introspection is None else introspection
        self._masked = not debug if settings.masked is None else settings.masked
        self.documents: Documents = Documents(
            schema,
            limits,
            introspection=introspection,
            rules=settings.rules,
            trusted=settings.trusted,
            cache_size=settings.cache_size,
            masked=self._masked,
        )
        middleware = list(settings.middleware)
        if settings.resolvers_in_threads:
            from responder_graphql.threaded import run_resolver

            middleware.insert(0, run_resolver)
        around: dict[str, Any] = {}
        if middleware:
            from graphql import MiddlewareManager

            around["middleware"] = MiddlewareManager(*middleware)
        # What a client may not know of the schema is kept out of messages when they are told, so
        # that an operation pays for no keyword more than it needs.
        executor = holding_to_json(settings.executor, write)
        self._options: dict[str, Any] = {**around, **naming_executor(_execute, executor)}
        if settings.executor is None:
            self._options["is_awaitable"] = is_awaitable
        self._root = settings.root_value
        self.run: Run = self._run if settings.observe is None else self._run_observed
        self._subscribe = partial(
            _subscribe,
            schema,
            root_value=settings.root_value,
            **(around if takes(_subscribe, "middleware") else {}),
            **({"executor_class": executor} if takes(_subscribe, "executor_class") else {}),
            **hiding(_subscribe, not introspection),
        )

    def find_kept(self, parameters: Parameters) -> Plan | None:
        """The operation that a request asks for, where nothing has to be done for it."""
        if not self._finds_at_once:
            return None
        document = self.documents.find_kept(parameters)
        return None if document is None else document.plans.get(parameters.operation_name)

    async def find(
        self,
        parameters: Parameters,
        req: Connection,
        transport: Transport = "http",
        *,
        deadline: float | None = None,
    ) -> Plan:
        """The operation that a request asks for, found by the *deadline* of its batch.

        Raises:
            Refusal: there is none, or none that may be executed; it took too long, or too many
                wait; or what the program added to the limits and rules failed.
        """
        plan = None
        try:
            document = self.documents.find_kept(parameters)
            if document is None:
                document = await self._await(self.documents.prepare(parameters), deadline)
            plan = document.find(parameters.operation_name)
            most = self._most_cost
            if most is not None and not plan.is_trusted:
                check_complexity(self.cost_of(plan, parameters.variables), most)
        except Refusal as refusal:
            for failure in refusal.failures:
                self.failures(req, plan).log(failure)
            raise self._observe_refusal(refusal, plan, parameters, req, transport) from None
        except Exception as error:  # noqa: BLE001 - of cost=, or of rules=: told, and logged
            failed = self.fail(req, error, plan)
            raise self._observe_refusal(failed, plan, parameters, req, transport) from None
        return plan

    def cost_of(self, plan: Plan, variables: Mapping[str, Any] | None) -> int:
        """What an operation costs, as ``complexity`` counts it.

        Raises:
            Exception: what ``cost=`` failed with.
        """
        cost = self._limits.cost
        if cost is None:
            return plan.fields
        return price(self._schema, plan.document, plan.node, variables, cost)

    def _observe_refusal(
        self,
        refusal: Refusal,
        plan: Plan | None,
        parameters: Parameters,
        req: Connection,
        transport: Transport,
    ) -> Refusal:
        """Tell the program of an operation that is not executed; gives what the client is told."""
        if self.settings.observe is None:
            return refusal
        told = Operation.of(plan, parameters, req, transport)
        told.errors = [*refusal.errors]
        try:
            with self.settings.observe(told):
                pass
        except Exception as error:  # noqa: BLE001 - the observer's own: told, and logged
            return self.fail(req, error, plan)
        return refusal

    async def _run(
        self,
        plan: Plan,
        parameters: Parameters,
        req: Connection,
        context: Any,  # noqa: ANN401 - whatever the program made it
        transport: Transport = "http",  # noqa: ARG002 - for who observes
        *,
        deadline: float | None = None,
    ) -> Result:
        """The result of a query or a mutation: data before errors, as it is sent.

        A batch has a *deadline* for all of its operations; one that would begin later does not.

        Raises:
            Refusal: nothing was executed, or it took too long.
        """
        if deadline is not None and current_time() >= deadline:
            raise self._late()
        try:
            result = _execute(
                self._schema,
                plan.document,
                self._root,
                context,
                parameters.variables,
                plan.name,
                **self._options,
            )
            if type(result) is not ExecutionResult:
                result = await self._await(result, deadline)
        except Refusal:
            raise
        except GraphQLError as error:
            result = ExecutionResult(None, [error])
        except Exception as error:  # noqa: BLE001 - what is answered, and logged
            raise self.fail(req, error, plan) from None
        if result.errors is None and result.extensions is None:
            return {"data": result.data}
        return self.tell(result, req, plan)

    async def _run_observed(
        self,
        plan: Plan,
        parameters: Parameters,
        req: Connection,
        context: Any,  # noqa: ANN401 - as above
        transport: Transport = "http",
        *,
        deadline: float | None = None,
    ) -> Result:
        """As ``_run()``, and the program is told of it."""
        told = Operation.of(plan, parameters, req, transport)
        found: Result | Refusal = {}
        try:
            with cast("Observer", self.settings.observe)(told):
                # An observer finds a refusal among the errors; it is none that it may handle.
                try:
                    found = await self._run(plan, parameters, req, context, deadline=deadline)
                    told.errors = found.get("errors", [])
                except Refusal as refusal:
                    found = refusal
                    told.errors = [*refusal.errors]
        except Exception as error:  # noqa: BLE001 - the observer's own: told, and logged
            raise self.fail(req, error, plan) from None
        if isinstance(found, Refusal):
            raise found
        return found

    def tell(self, result: ExecutionResult, req: Connection, plan: Plan) -> Result:
        """A result as it is sent.

        Raises:
            Refusal: nothing was executed, as the variables are not what the document says.
        """
        errors = result.errors
        if not errors:
            told: Result = {"data": result.data}
        else:
            formatted = self.failures(req, plan).tell(errors)
            if result.data is None and all(error.path is None for error in errors):
                raise Refusal(formatted, is_result=True)
            told = {"data": result.data, "errors": formatted}
        if result.extensions:
            told["extensions"] = result.extensions
        return told

    async def _await(self, result: Awaitable[Any], deadline: float | None = None) -> Any:  # noqa: ANN401 - of either version
        if deadline is None:
            deadline = self.find_deadline()
        if deadline is None:
            return await result
        with CancelScope(deadline=deadline):
            return await result
        raise self._late()

    def find_deadline(self) -> float | None:
        """When what begins now is to have ended, by anyio's clock; None for any time."""
        seconds = self._limits.seconds
        return None if seconds is None else current_time() + seconds

    def _late(self) -> Refusal:
        msg = f"The answer took longer than {self._limits.seconds} seconds."
        return Refusal([make_error(msg, TIMEOUT)], 504, is_result=True)

    async def subscribe(
        self,
        plan: Plan,
        parameters: Parameters,
        req: Connection,
        context: Any,  # noqa: ANN401 - as above
        transport: Transport,
    ) -> AsyncGenerator[Result, None]:
        """The results of a subscription, one after the other.

        Closing the generator closes the one that the schema's resolver gave.

        Raises:
            Refusal: it never began.
        """
        observe = self.settings.observe
        told = Operation.of(plan, parameters, req, transport)
        refusal: Refusal | None = None
        try:
            with nullcontext() if observe is None else observe(told):
                try:
                    async with aclosing(self._follow(plan, parameters, req, context)) as results:
                        async for result in results:
                            told.errors += result.get("errors", ())
                            yield result
                except Refusal as error:
                    refusal = error
                    told.errors += error.errors
        except Exception as error:  # noqa: BLE001 - the observer's own: told, and logged
            raise self.fail(req, error, plan) from None
        if refusal is not None:
            raise refusal

    async def _follow(
        self,
        plan: Plan,
        parameters: Parameters,
        req: Connection,
        context: Any,  # noqa: ANN401 - as above
    ) -> AsyncGenerator[Result, None]:
        """As ``subscribe()``, and the program is not told of it."""
        events = await self._open(plan, parameters, req, context)
        try:
            async for event in events:
                yield self.tell(event, req, plan)
        except Refusal:
            raise
        except Exception as error:  # noqa: BLE001 - the source's own: told, and the end
            yield {"data": None, "errors": self.fail(req, error, plan).errors}
        finally:
            await events.aclose()

    async def _open(
        self,
        plan: Plan,
        parameters: Parameters,
        req: Connection,
        context: Any,  # noqa: ANN401 - as above
    ) -> AsyncGenerator[ExecutionResult, None]:
        try:
            events = self._subscribe(
                plan.document,
                context_value=context,
                variable_values=parameters.variables,
                operation_name=plan.name,
            )
            if hasattr(events, "__await__"):
                events = await self._await(events)
        except Refusal:
            raise
        except GraphQLError as error:
            events = ExecutionResult(None, [error])
        except Exception as error:  # noqa: BLE001 - told, and logged
            raise self.fail(req, error, plan) from None
        if isinstance(events, ExecutionResult):
            told = self.failures(req, plan).tell(events.errors or ())
            raise Refusal(told, is_result=True)

        def execute(value: object) -> Any:  # noqa: ANN401 - a result, or what is awaited for it
            return _execute(
                self._schema,
                plan.document,
                value,
                context,
                parameters.variables,
                plan.name,
                **self._options,
            )

        return unwrap(events, execute)

    def failures(self, req: Connection, plan: Plan | None = None) -> Failures:
        """Tells the errors of an operation, or of what kept it from being one."""
        name = None if plan is None else plan.name
        return Failures(req, name, masked=self._masked, suggests=self._suggests)

    def fail(self, req: Connection, error: Exception, plan: Plan | None = None) -> Refusal:
        """The refusal of what failed as a whole, which is logged."""
        return Refusal([self.failures(req, plan).fail(error)], 500, is_result=True)
