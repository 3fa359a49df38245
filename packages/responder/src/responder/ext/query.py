"""List queries; ``responder_core.list_query`` documents them."""

from responder_core.list_query import SortKey, filter_items, parse_sort, sort_items

__all__ = ["SortKey", "filter_items", "parse_sort", "sort_items"]
