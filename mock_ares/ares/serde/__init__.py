"""serde and serde_json as far as ARES leans on them: the same bodies accepted, the same words for the others.

``reader`` reads JSON; ``structs`` says what a body must be.
"""

from mock_ares.ares.serde.reader import SerdeError
from mock_ares.ares.serde.structs import Field, Many, Struct, check_grammar, check_value, deserialize

__all__ = ["Field", "Many", "SerdeError", "Struct", "check_grammar", "check_value", "deserialize"]
