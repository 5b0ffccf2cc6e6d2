"""A worker without networks, to see what becomes of pictures that hang, or end their process."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection

from digits.batch.rows import Rows
from digits.batch.workers import How


def work(connection: Connection, how: How) -> None:
    """Answer each item with its name; those called hang, crash, pages and large do as they say."""
    connection.send(None)
    while True:
        item = connection.recv()
        if item.name == "crash":
            os._exit(3)
        if item.name == "pages":
            connection.send(Rows(("page 1",)))
            connection.send(Rows(("page 2",)))
            time.sleep(600)
        if item.name == "hang":
            time.sleep(600)
        connection.send(Rows((f"{item.name} {len(item.content)}" + "x" * (item.name == "large"),)))
        connection.send(None)


def no_start(connection: Connection, how: How) -> None:
    """A worker that ends before it is ready."""
    os._exit(7)
