"""The filter language: one text, run as SQL over the store or in Python on a capture not stored yet."""

from hookcli.captures.filters.fields import FIELDS, NUMBERS, OPERATORS, VALUES
from hookcli.captures.filters.functions import FUNCTIONS
from hookcli.captures.filters.lexer import FilterError, quoted
from hookcli.captures.filters.nodes import Filter, Subject
from hookcli.captures.filters.parser import parse
from hookcli.captures.model import MARK

__all__ = [
    "FIELDS",
    "FUNCTIONS",
    "MARK",
    "NUMBERS",
    "OPERATORS",
    "VALUES",
    "Filter",
    "FilterError",
    "Subject",
    "parse",
    "quoted",
]
