"""Counts a server's connections and messages.

For the line "ledger" on standard input it prints the counts to standard output as one line
of JSON. At the end of standard input, or on SIGTERM, the server ends and prints them once
more.
"""

import json
import sys
import threading
from collections import Counter


class Counts:
    def __init__(self):
        self.connections = 0
        self.received = 0
        self.sent = 0
        self.received_bytes = 0
        self.sent_bytes = 0
        self.closed = Counter()
        self.refused = Counter()


class Ledger:
    """Counts by route. Safe for concurrent use."""

    def __init__(self):
        self._lock = threading.Lock()
        self._open = 0
        self._routes = {}
        self._kinds = Counter()

    def enter(self):
        """Marks a connection as open, so its counts are not final."""
        with self._lock:
            self._open += 1

    def leave(self):
        with self._lock:
            self._open -= 1

    def opened(self, route):
        with self._lock:
            self._of(route).connections += 1

    def received(self, route, message):
        with self._lock:
            counts = self._of(route)
            counts.received += 1
            counts.received_bytes += size(message)

    def sent(self, route, message):
        with self._lock:
            counts = self._of(route)
            counts.sent += 1
            counts.sent_bytes += size(message)

    def closed(self, route, code):
        with self._lock:
            self._of(route).closed[str(code)] += 1

    def refused(self, route, code):
        with self._lock:
            self._of(route).refused[str(code)] += 1

    def kind(self, name):
        with self._lock:
            self._kinds[name] += 1

    def _of(self, route):
        return self._routes.setdefault(route, Counts())

    def dump(self):
        with self._lock:
            routes = {route: vars(counts) for route, counts in self._routes.items()}
            total = vars(Counts())
            for counts in routes.values():
                for name, value in counts.items():
                    total[name] = total[name] + value
            return json.dumps({"ledger": {**total, "open": self._open, "kinds": self._kinds, "routes": routes}})

    def print(self):
        print(self.dump(), flush=True)

    def serve(self, port, stop):
        """Announces the port and answers standard input. At its end, calls stop from a
        separate thread."""

        def ask():
            for line in sys.stdin:
                if line.strip() == "ledger":
                    self.print()
            stop()

        print(json.dumps({"port": port}), flush=True)
        threading.Thread(target=ask, daemon=True).start()


def size(message):
    return len(message.encode() if isinstance(message, str) else message)
