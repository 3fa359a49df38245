"""Documents: parsed, measured and validated once, and kept for the next who sends the same."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)

from responder_graphql.errors import (
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
from responder_graphql.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        self._suggests = introspection
        self._masked = masked
        self._options: dict[str, Any] = hiding(validate, not introspection)
        self._trusted = trusted
        self._trusted_known: dict[str, Document] = {}
        self._capacity = self._room = cache_size
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def prepare(self, parameters: Parameters) -> Document:
        """The document that a request asks for.

        Raises:
            Refusal: it is no GraphQL, not valid, too large, or not trusted.
        """
        text = parameters.query
        if self._trusted is None and text is not None:
            known = self._kept.get(text)
            if known is not None:
                self._kept.move_to_end(text)
                return known
            return self._keep(text, self._make(text))
        return self._prepare_trusted(text, parameters.document_id)

    def _prepare_trusted(self, text: str | None, document_id: str | None) -> Document:
        trusted = self._trusted
        if trusted is None:
            msg = "The server has no trusted documents; send 'query'."
            raise Refusal([make_error(msg, NOT_TRUSTED)], is_result=True)
        if text is None and document_id is not None:
            text = trusted.find(document_id)
        if text is not None and text in trusted:
            known = self._trusted_known.get(text)
            if known is None:
                known = self._trusted_known[text] = self._make(text, is_trusted=True)
            return known
        if text is None or trusted.only:
            msg = "The document is not one of those that the server trusts."
            raise Refusal([make_error(msg, NOT_TRUSTED)], is_result=text is None)
        known = self._kept.get(text)
        if known is not None:
            self._kept.move_to_end(text)
            return known
        return self._keep(text, self._make(text))

    def _keep(self, text: str, document: Document) -> Document:
        """Keep a document, and let those go that were not used for the longest time."""
        if document.size <= self._capacity:
            self._kept[text] = document
            self._room -= document.size
            while self._room < 0:
                _, oldest = self._kept.popitem(last=False)
                self._room += oldest.size
        return document

    def _make(self, text: str, *, is_trusted: bool = False) -> Document:
        tokens = len(text) if is_trusted else self._check_length(text)
        try:
            node = _parse(text)
            operations = [
                each for each in node.definitions if isinstance(each, OperationDefinitionNode)
            ]
            measurer = Measurer(node)
            measures = [measurer.measure(each) for each in operations]
            if not is_trusted:
                check_document(measurer, measures, self._limits)
            errors = validate(self._schema, node, self._rules, _MOST_ERRORS, **self._options)
        except GraphQLError as error:
            raise self._refuse([error], PARSE_FAILED) from None
        except RecursionError:
            raise Refusal([make_error(_TOO_DEEP, PARSE_FAILED)], is_result=True) from None
        if errors:
            raise self._refuse(errors, VALIDATION_FAILED)
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


def _parse(text: str) -> DocumentNode:
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
