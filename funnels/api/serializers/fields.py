"""Fields that several request bodies have."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from traces.wire.fields import RawField


@extend_schema_field(OpenApiTypes.BOOL)
class Flag(RawField):
    """A boolean, or its name as text (contract 4, "accept both"); null is as good as absent."""

    default_error_messages = {"invalid": "true or false is expected."}

    def to_internal_value(self, data: object) -> bool:
        """The boolean, or an error."""
        if isinstance(data, bool):
            return data
        if not isinstance(data, str) or data.lower() not in {"true", "false"}:
            self.fail("invalid")
        return data.lower() == "true"
