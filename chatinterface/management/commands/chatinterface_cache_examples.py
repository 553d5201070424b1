from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatinterface import registry
from chatinterface.sampling import answer


class Command(BaseCommand):
    help = "Answers the examples of chats with cache_examples whose replies are not in the cache yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="*", help="the chats; by default all that keep the replies to their examples")

    def handle(self, *args: Any, **options: Any) -> None:
        chats = registry.registered()
        if unknown := sorted(set(options["name"]) - chats.keys()):
            raise CommandError(f"There is no chat {unknown[0]!r}. The chats are: {', '.join(sorted(chats))}.")
        failed = 0
        for name in options["name"] or chats:
            if not chats[name].cache_examples:
                continue
            for example, kept in answer(chats[name]):
                self.stdout.write(f"{name} {example.index}: {'kept' if kept else 'no reply to keep'}")
                failed += not kept
        if failed:
            raise CommandError(f"{failed} examples gave no reply to keep; the log says why.")
