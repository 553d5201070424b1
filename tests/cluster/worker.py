"""A worker process of the site's tasks, which a test can kill."""

import sys
import time

from tests.server import START_SECONDS, Server


class Worker(Server):
    """Takes tasks from the database, one at a time, and listens on no port."""

    def command(self) -> list[str]:
        options = ["--interval", "0.05", "--no-startup-delay", "--no-reload"]
        return [sys.executable, "manage.py", "db_worker", *options]

    def ready(self) -> "Worker":
        """Wait until it looks for tasks."""
        deadline = time.monotonic() + START_SECONDS
        while "Starting worker" not in self.text():
            assert self.running, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.02)
        return self
