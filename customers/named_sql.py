"""SQL statements by name: they stand in a `.sql` file beside the module that executes them.

Each begins with the line `-- name: claim_recipients` (or `-- fragment: …` for what is only a part of statements); the
comment lines below it say what it answers and which rows it locks. `${name}` marks where a fragment is put in at
import; `{name}` is left for `str.format`, where a statement has variants that are known only when it is executed.
"""

import re
import uuid
from collections import defaultdict
from datetime import date
from pathlib import Path
from string import Template

HEAD = re.compile(r"^-- (?:name|fragment): (\w+)\n(?:--.*\n)*", re.MULTILINE)
# What the places of a statement are given, by their names.
Value = int | float | str | bool | date | uuid.UUID | list[int] | list[str] | list[uuid.UUID] | None
Values = dict[str, Value]
# Every text that a module has taken from its file, for the test that has PostgreSQL plan all of them.
TAKEN: dict[tuple[str, str], list[str]] = defaultdict(list)


class NamedSQL:
    """The statements of the `.sql` file beside a module: `SQL = NamedSQL(__file__)`, then `SQL("claim_recipients")`."""

    def __init__(self, module: str) -> None:
        self.path = Path(module).with_suffix(".sql")
        heads = list(HEAD.finditer(self.path.read_text()))
        ends = [head.start() for head in heads[1:]] + [None]
        self.statements = {
            head[1]: head.string[head.end() : end].strip() for head, end in zip(heads, ends, strict=True)
        }

    def __call__(self, name: str, **fragments: object) -> str:
        """A statement with its fragments; KeyError for a name that isn't there and a fragment that isn't given."""
        statement = Template(self.statements[name])
        if unused := fragments.keys() - set(statement.get_identifiers()):
            raise KeyError(f"{name} has no place for {', '.join(sorted(unused))}")
        text = statement.substitute({key: str(value).strip() for key, value in fragments.items()})
        TAKEN[str(self.path), name].append(text)
        return text
