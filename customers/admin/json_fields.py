"""JSON that operators type: as strict as JSON that clients send, so that whatever is read can be shown and kept."""

import json
from typing import Any

from customers.strict_json import JSONError, holds_nul, read_json


class StrictDecoder(json.JSONDecoder):
    """A form field's decoder: what Python's alone would read or stumble over (NaN, depth) is no valid JSON here."""

    def decode(self, s: str, *rest: Any) -> Any:
        """The document; JSONDecodeError, which the form field turns into its own error, for everything else."""
        try:
            document = read_json(s.encode())
        except (JSONError, UnicodeEncodeError) as error:
            raise json.JSONDecodeError(str(error), s, 0) from error
        if holds_nul(document):
            raise json.JSONDecodeError("the character NUL can't be kept", s, 0)
        return super().decode(s, *rest)


STRICT: dict[str, Any] = {"decoder": StrictDecoder}
