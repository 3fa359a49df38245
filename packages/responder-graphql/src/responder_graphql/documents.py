"""Documents: parsed, measured and validated once, and kept for the next who sends the same."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)

from responder_core.worker_threads import WorkerThreads
from responder_graphql.circles import empty, forget_visitors, note_visitors, unlink
from responder_graphql.errors import (
    BUSY,
    NOT_TRUSTED,
    OPERATION_UNKNOWN,
    PARSE_FAILED,
    VALIDATION_FAILED,
    Refusal,
    exceeded,
    make_error,
)
from responder_graphql.failures import format_input_error
from responder_graphql.features import hiding
from responder_graphql.measures import Measurer, check_document
from responder_graphql.rests import Resting, parse_resting
from responder_graphql.tokens import count_lines, count_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import ASTValidationRule, DocumentNode, GraphQLSchema, OperationType

    from responder_graphql.limits import QueryLimits
    from responder_graphql.parameters import Parameters
    from responder_graphql.trusted import TrustedDocuments

# The memory that a parsed document takes: so many bytes for each of its characters and tokens,
# as tracemalloc has it for documents of 9 to 1,500 characters.
_BYTES_A_TOKEN = 450
_BYTES_A_DOCUMENT = 1500

# Errors of validation after which it stops: a client reads the first few.
_MOST_ERRORS = 10

# What is read on the event loop at once, which takes a millisecond or so; longer documents are
# read in a thread, one after the other.
_SHORT_TOKENS = 50
_SHORT_TEXT = 2000

# How many may wait for that. Each takes 50 ms or less of the thread.
_MOST_WAITING = 200

_TOO_DEEP = "The document is nested too deeply."


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """An operation of a document, ready to be executed.

    Attributes:
        document: the document, parsed and valid.
        node: the operation.
        name: what the document calls it, or None.
        kind: whether it is a query, a mutation or a subscription.
        fields: how many it has, fragments written out.
        is_trusted: whether the program itself wrote it.
    """

    document: DocumentNode
    node: OperationDefinitionNode
    name: str | None
    kind: OperationType
    fields: int
    is_trusted: bool


@dataclass(slots=True, eq=False)
class Document:
    """A document that is valid for the schema and within the limits.

    Attributes:
        plans: its operations by name, and under None the only one.
        size: the bytes of memory that it takes, about.
    """

    plans: dict[str | None, Plan]
    size: int

    def find(self, name: str | None) -> Plan:
        """The operation of a name, or the only one.

        Raises:
            Refusal: there is none, or there are several.
        """
        found = self.plans.get(name)
        if found is not None:
            return found
        msg = "The document has several operations; say which by 'operationName'."
        if name is not None:
            msg = f"The document has no operation {name!r}."
        raise Refusal([make_error(msg, OPERATION_UNKNOWN)], is_result=True)


class Documents:
    """The documents of one schema, the latest used of them kept.

    Args:
        schema: what they are valid for.
        limits: what they may cost.
        introspection: whether they may ask for the schema.
        rules: rules of the program, beside those of the specification.
        trusted: those that the program wrote, or None.
        cache_size: the bytes of memory that the kept ones take together; 0 keeps none.
        masked: whether clients are kept from what a scalar failed with.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: QueryLimits,
        *,
        introspection: bool = True,
        rules: Sequence[type[ASTValidationRule]] = (),
        trusted: TrustedDocuments | None = None,
        cache_size: int = 0,
        masked: bool = True,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._rules = [*specified_rules, *rules]
        if not introspection:
            self._rules.append(NoSchemaIntrospectionCustomRule)
        resting: list[type[ASTValidationRule]] = [Resting, *self._rules]
        self._resting_rules = list(map(note_visitors, resting))
        self._suggests = introspection
        self._masked = masked
        self._options: dict[str, Any] = hiding(validate, not introspection)
        self._trusted = trusted
        self._trusted_known: dict[str, Document] = {}
        self._capacity = self._room = cache_size
        self._kept: OrderedDict[str, Document] = OrderedDict()
        # For what is kept and the room that is left: an app may be served on several event loops.
        self._lock = Lock()
        self._readers = WorkerThreads(1, _MOST_WAITING)

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def find_kept(self, parameters: Parameters) -> Document | None:
        """The document that a request asks for, where it was read before; None where it was not.

        Raises:
            Refusal: it is not trusted.
        """
        text = parameters.query
        if self._trusted is not None:
            text, is_trusted = self._find_text(parameters)
            if is_trusted:
                return self._trusted_known.get(text)
        if text is None:
            return None
        with self._lock:
            known = self._kept.get(text)
            if known is not None:
                self._kept.move_to_end(text)
        return known

    async def prepare(self, parameters: Parameters) -> Document:
        """The document that a request asks for; a long one is read beside the event loop.

        Raises:
            Refusal: it is no GraphQL, not valid, too large, or not trusted; or it is long, and
                too many wait to be read already.
        """
        text, is_trusted = self._find_text(parameters)
        kept = self._trusted_known if is_trusted else self._kept
        known = kept.get(text)
        if known is None:
            known = await self._read(text, kept, is_trusted=is_trusted)
        if is_trusted:
            self._trusted_known[text] = known
        else:
            self._keep(text, known)
        return known

    def _find_text(self, parameters: Parameters) -> tuple[str, bool]:
        """The text of a document, and whether the program trusts it."""
        text, trusted = parameters.query, self._trusted
        if trusted is None:
            if text is not None:
                return text, False
            msg = "The server has no trusted documents; send 'query'."
            raise Refusal([make_error(msg, NOT_TRUSTED)], is_result=True)
        if text is None and parameters.document_id is not None:
            text = trusted.find(parameters.document_id)
        if text is not None and text in trusted:
            return text, True
        if text is None or trusted.only:
            msg = "The document is not one of those that the server trusts."
            raise Refusal([make_error(msg, NOT_TRUSTED)], is_result=text is None)
        return text, False

    def _keep(self, text: str, document: Document) -> None:
        """Keep a document, and let those go that were not used for the longest time."""
        with self._lock:
            if text in self._kept:
                self._kept.move_to_end(text)
            elif document.size <= self._capacity:
                self._kept[text] = document
                self._room -= document.size
                while self._room < 0:
                    _, oldest = self._kept.popitem(last=False)
                    self._room += oldest.size

    async def _read(self, text: str, kept: Mapping[str, Document], *, is_trusted: bool) -> Document:
        """Make a document: here where it is short, else in the thread of those that are long."""
        tokens = len(text) if is_trusted else self._check_length(text)
        if tokens <= _SHORT_TOKENS and len(text) <= _SHORT_TEXT:
            return self._make(text, tokens, is_trusted=is_trusted)
        if self._readers.pending > _MOST_WAITING:
            msg = "Too many documents wait to be read already; try again later."
            raise Refusal([make_error(msg, BUSY)], 503, headers={"Retry-After": "1"})

        def read() -> Document:
            # Another request may have asked for the same while this one waited.
            known = kept.get(text)
            return known or self._make(text, tokens, is_trusted=is_trusted, rests=True)

        return await self._readers.run(read)

    def _make(self, text: str, tokens: int, *, is_trusted: bool, rests: bool = False) -> Document:
        rules = self._resting_rules if rests else self._rules
        try:
            node = _parse(text, parse_resting if rests else parse)
            unlink(node.loc)
            operations = [
                each for each in node.definitions if isinstance(each, OperationDefinitionNode)
            ]
            measurer = Measurer(node)
            measures = [measurer.measure(each) for each in operations]
            if not is_trusted:
                check_document(measurer, measures, self._limits)
            errors = validate(self._schema, node, rules, _MOST_ERRORS, **self._options)
        except GraphQLError as error:
            raise self._refuse([error], PARSE_FAILED) from None
        except RecursionError:
            raise Refusal([make_error(_TOO_DEEP, PARSE_FAILED)], is_result=True) from None
        finally:
            forget_visitors()
        if errors:
            try:
                # Under a name it would be a circle with its traceback.
                raise self._refuse(errors, VALIDATION_FAILED)
            finally:
                empty(node)
        size = _BYTES_A_DOCUMENT + 2 * len(text) + _BYTES_A_TOKEN * tokens
        fields = [each.fields for each in measures]
        return Document(_plan(node, operations, fields, is_trusted=is_trusted), size)

    def _check_length(self, text: str) -> int:
        """How many tokens a document has.

        Raises:
            Refusal: 400, it is too long.
        """
        most = self._limits.bytes
        if most is not None and (len(text) > most or len(text.encode("utf-8", "replace")) > most):
            msg = f"The document is longer than {most} bytes, the limit that bytes sets."
            raise exceeded(most, "bytes", msg)
        most = self._limits.lines
        if most is not None and count_lines(text) > most:
            msg = f"The document has more than {most} lines, the limit that lines sets."
            raise exceeded(most, "lines", msg)
        most = self._limits.tokens
        tokens = count_tokens(text, len(text) if most is None else most)
        if most is not None and tokens > most:
            msg = f"The document has more than {most} tokens, the limit that tokens sets."
            raise exceeded(most, "tokens", msg)
        return tokens

    def _refuse(self, errors: Sequence[GraphQLError], code: str) -> Refusal:
        told = [
            format_input_error(error, code, suggests=self._suggests, masked=self._masked)
            for error in errors
        ]
        failures = [failure for _, failure in told if failure is not None]
        return Refusal([error for error, _ in told], is_result=True, failures=failures)


def _plan(
    document: DocumentNode,
    operations: Sequence[OperationDefinitionNode],
    fields: Sequence[int],
    *,
    is_trusted: bool,
) -> dict[str | None, Plan]:
    """The operations of a document by name, and under None the only one."""
    plans: dict[str | None, Plan] = {}
    for node, count in zip(operations, fields, strict=True):
        name = None if node.name is None else node.name.value
        plans[name] = Plan(document, node, name, node.operation, count, is_trusted)
    if len(operations) == 1:
        (plans[None],) = plans.values()
    return plans


def _parse(text: str, parse: Callable[[str], DocumentNode]) -> DocumentNode:
    """A document, parsed.

    Raises:
        GraphQLError: it is no GraphQL.
        RecursionError: it is nested deeper than Python can follow.
    """
    try:
        return parse(text)
    except IndexError:
        # graphql-core up to 3.2.6 looks behind the end of a string that ends in a backslash.
        msg = "Syntax Error: Unterminated string."
        raise GraphQLError(msg) from None
