"""JSON that operators type, read as strictly as clients' JSON, so that it can be shown and stored."""

import json
from typing import Any

from customers.strict_json import JSONError, holds_nul, read_json


class StrictDecoder(json.JSONDecoder):
    """A form field's decoder; it refuses what Python's alone accepts or fails on (NaN, depth)."""

    def decode(self, s: str, *rest: Any) -> Any:
        """The document; JSONDecodeError otherwise, which the form field turns into its own error."""
        try:
            document = read_json(s.encode())
        except (JSONError, UnicodeEncodeError) as error:
            raise json.JSONDecodeError(str(error), s, 0) from error
        if holds_nul(document):
            raise json.JSONDecodeError("the character NUL can't be kept", s, 0)
        return super().decode(s, *rest)


STRICT: dict[str, Any] = {"decoder": StrictDecoder}
