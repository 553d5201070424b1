from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Make the users demo (password demo) and admin (password admin, staff) where they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        users = get_user_model().objects
        if not users.filter(username="demo").exists():
            users.create_user("demo", password="demo")
        if not users.filter(username="admin").exists():
            users.create_superuser("admin", password="admin")
        self.stdout.write("Users: demo (password demo), admin (password admin, staff)")
