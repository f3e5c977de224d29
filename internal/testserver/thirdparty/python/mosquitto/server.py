"""Mosquitto, the broker of the Eclipse foundation, whose own log is the ledger.

A route is a topic. Messages of clients are received, and those to clients are sent: a room of five sends each message
five times. Connections are closed "disconnected", by DISCONNECT, or for the reason in the log. The kinds count
acknowledgements and pings by packet. Topics below forbidden/ are refused.
"""

import os
import re
import signal
import socket
import subprocess
import time

from ledger import Ledger

CONFIG = """
user root
listener {port} 127.0.0.1
allow_anonymous true
persistence false
acl_file acl
log_dest stderr
log_type all
log_timestamp false
"""

ACL = """
topic readwrite #
topic deny forbidden/#
"""

PUBLISH = re.compile(r"^(Received PUBLISH from|Sending PUBLISH to) .* \(d\d, q\d, r\d, m\d+, '(.*)', \.\.\. \((\d+) bytes\)\)$")
PACKET = re.compile(r"^(Received|Sending) ([A-Z]+) (?:from|to) ")
NEW = re.compile(r"^New client connected from \S+ as (\S+) ")
GONE = re.compile(r"^(?:Client|Socket error on client) ([^\s,]+),? (.*)$")

ledger = Ledger()
clients = set()


def note(line):
    """Counts a line of the log."""
    if m := PUBLISH.match(line):
        count = ledger.received if m[1].startswith("Received") else ledger.sent
        count(m[2], "x" * int(m[3]))
    elif m := PACKET.match(line):
        ledger.kind(m[2])
    elif m := NEW.match(line):
        clients.add(m[1])
        ledger.enter()
        ledger.opened("mqtt")
    elif (m := GONE.match(line)) and m[1] in clients:
        clients.remove(m[1])
        ledger.closed("mqtt", m[2].rstrip("."))
        ledger.leave()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(broker, port):
    """Waits until the broker listens. It is false if another process has taken the port."""
    while broker.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.01)
    return False


def start():
    config = CONFIG
    if os.environ.get("CERT"):
        config += "certfile {CERT}\nkeyfile {KEY}\n"
    with open("acl", "w") as f:
        f.write(ACL)
    os.chmod("acl", 0o600)
    while True:
        port = free_port()
        with open("mosquitto.conf", "w") as f:
            f.write(config.format(port=port, **os.environ))
        broker = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", "mosquitto.conf"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="replace")
        if listens(broker, port):
            return broker, port


broker, port = start()
signal.signal(signal.SIGTERM, lambda *_: broker.terminate())
ledger.serve(port, broker.terminate)
for line in broker.stderr:
    note(line.rstrip("\n"))
broker.wait()
ledger.print()
