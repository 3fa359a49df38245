"""Trusted documents: the operations that a program's own clients send, and no others.

(GraphQL over HTTP, "Persisted Documents".)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from graphql import ASTValidationRule, GraphQLSchema


class TrustedDocuments:
    """A list of documents that may be executed: of a mapping, or of a file of JSON that is one.

    ::

        TrustedDocuments("persisted.json")  # {"sha256:7dba…": "query { … }", …}

    A client names one by ``documentId``, by its SHA-256 as ``sha256:…`` or by the key that it has
    here; or sends the text itself. Trusted documents are measured by no limits but that of time.

    Args:
        documents: the texts by their identifiers, or the path of a file that has them.
        only: whether no other document is executed.

    Raises:
        ValueError: it is no mapping of texts.
        OSError: the file cannot be read.
    """

    def __init__(
        self, documents: Mapping[str, str] | str | PathLike[str], *, only: bool = True
    ) -> None:
        self.only = only
        content: object = documents
        place = "TrustedDocuments()"
        if isinstance(documents, (str, Path)) or hasattr(documents, "__fspath__"):
            path = Path(cast("str", documents))
            place = str(path)
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                msg = f"{place}: trusted documents are a file of JSON: {error}"
                raise ValueError(msg) from error
        if not isinstance(content, Mapping):
            msg = f"{place}: trusted documents are texts by their identifiers, not {content!r:.80}"
            raise ValueError(msg)  # noqa: TRY004 - a file's content, mostly
        self._place = place
        self._given: dict[str, str] = {}
        self._by_id: dict[str, str] = {}
        self._texts: set[str] = set()
        for name, text in cast("Mapping[str, object]", content).items():
            if not isinstance(text, str):
                msg = f"{place}: the document {name!r} is a text, not {text!r:.80}"
                raise ValueError(msg)  # noqa: TRY004 - as above
            self._given[name] = self._by_id[name] = text
            self._by_id[f"sha256:{sha256(text.encode()).hexdigest()}"] = text
            self._texts.add(text)

    def check(self, schema: GraphQLSchema, rules: Sequence[type[ASTValidationRule]]) -> None:
        """Refuse a list of which one document cannot be executed.

        Raises:
            ValueError: one is no GraphQL, or does not fit the schema; the message names it.
        """
        from graphql import GraphQLError, parse, specified_rules, validate

        for name, text in self._given.items():
            try:
                errors = validate(schema, parse(text), [*specified_rules, *rules])
            except GraphQLError as error:
                errors = [error]
            if errors:
                faults = "; ".join(error.message for error in errors)
                msg = f"{self._place}: the document {name!r} cannot be executed: {faults}"
                raise ValueError(msg)

    def __len__(self) -> int:
        return len(self._texts)

    def find(self, document_id: str) -> str | None:
        """The text of an identifier, or None."""
        found = self._by_id.get(document_id)
        if found is None and document_id.startswith("sha256:"):
            # Files that are made for Apollo's or Relay's clients leave the prefix out.
            found = self._by_id.get(document_id.removeprefix("sha256:"))
        return found

    def __contains__(self, text: str) -> bool:
        """Whether a text is one of them."""
        return text in self._texts
