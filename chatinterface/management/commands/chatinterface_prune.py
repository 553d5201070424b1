from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chatinterface import retention


class Command(BaseCommand):
    help = (
        "Delete conversations whose retention is over, flags that have outlived them long enough, what visitors have "
        "deleted, and uploads that were never sent. To be run each day."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Say what would be deleted, and delete nothing.")
        parser.add_argument(
            "--chunk", type=int, default=retention.CHUNK, help="Conversations that are deleted in one transaction."
        )

    def handle(self, *, dry_run: bool, chunk: int, **options: Any) -> None:
        pruned = retention.prune(dry_run=dry_run, chunk=max(1, chunk))
        said = "Would delete" if dry_run else "Deleted"
        self.stdout.write(
            f"{said} {pruned.conversations} conversations, {pruned.flags} flags, {pruned.uploads} unsent files."
        )
