"""Pagination; ``responder_core.pagination`` documents it."""

from responder_core.pagination import Page, Paging, paginate, set_pagination_headers

__all__ = ["Page", "Paging", "paginate", "set_pagination_headers"]
