from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatinterface import personal_data


class Command(BaseCommand):
    help = "Write all that the chats keep of a user to a new directory, or to a zip file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--output", type=Path, help="A directory or a .zip file, by default <username>.zip here.")

    def handle(self, *, username: str, output: Path | None, **options: Any) -> None:
        users = get_user_model()
        try:
            user = users._default_manager.get_by_natural_key(username)
        except users.DoesNotExist:
            raise CommandError(f"There is no user {username!r}.") from None
        target = output or Path(f"{Path(username).name or 'user'}.zip")
        try:
            self.stdout.write(str(personal_data.export_user(user, target)))
        except FileExistsError:
            raise CommandError(f"{target} is there already. Give another --output.") from None
