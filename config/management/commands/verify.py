"""`manage.py verify [--organization NAME]`: checks the integrity of the data."""

from argparse import ArgumentTypeError
from itertools import islice

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.verification import Check, all_checks, findings
from customers.models import Organization

MOST = 100


def _number(text: str) -> int:
    """A number of lines, from 0."""
    if not text.isdecimal():
        raise ArgumentTypeError("a whole number from 0 is expected")
    return int(text)


class Command(BaseCommand):
    """Runs read-only, beside the traffic; each check sees one snapshot of the database."""

    help = "Check that the data is sound: one line for each thing that is wrong, and exit code 1 where there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the organization's name."""
        parser.add_argument("--organization", metavar="NAME", help="check this organization only")
        parser.add_argument(
            "--most", type=_number, default=MOST, metavar="N", help=f"lines of one check (default {MOST}; 0: all)"
        )

    def handle(self, *_: object, organization: str | None, most: int, **__: object) -> None:
        """Run every check; findings go to stdout, progress to stderr."""
        organization_id = None if organization is None else self._find(organization)
        checks = all_checks()
        found = 0
        for number, check in enumerate(checks, 1):
            self._progress(f"{number} of {len(checks)}: {check.name}")
            found += self._ask(check, organization_id, most)
        self._progress("")
        if found:
            raise CommandError(f"{len(checks)} checks, {found} wrong", returncode=1)
        self.stdout.write(f"{len(checks)} checks, nothing wrong")

    def _find(self, name: str) -> int:
        row = Organization.objects.filter(name=name).first()
        if row is None:
            raise CommandError(f"there is no organization {name!r}", returncode=2)
        return row.pk

    def _ask(self, check: Check, organization_id: int | None, most: int) -> int:
        """Print at most `most` findings of a check; returns how many there are."""
        several = findings(check, organization_id=organization_id)
        shown = 0
        for finding in islice(several, most or None):
            self.stdout.write(str(finding))
            shown += 1
        others = sum(1 for _ in several)
        if others:
            self.stdout.write(f"{check.name}: and {others} more")
        return shown + others

    def _progress(self, line: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r\033[K{line}", ending="")
