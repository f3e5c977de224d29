"""A server with Python's websockets library.

/echo        echoes text and binary messages
/jsonrpc     {"id": n, "method": "sum", "params": [...]} -> {"id": n, "result": ...}, with
             random delays, so that replies overtake one another
/later       echoes {"after": ms, ...} after the delay, if the client is still connected
/feed        after {"type": "auth", "token": ...} and {"type": "subscribe"} pushes
             {"n": i, "ts": unix ms} 100 times a second; "count" in the latter limits it
/answer      pushes {"ts": unix ms} and closes with code 1000
/cable       Action Cable: {"type": "welcome"}, a {"type": "ping"} every 20 ms, and after
             20 ms {"id": n} -> {"message": {"id": n, "text": "ok"}}; every 7th reply is "no"
/feed/cable  the same welcome and pings, with pushed {"message": {"seq": i, "ts": unix us}}
/noise       an echo; before each reply come three heartbeats: one with the previous id, one
             without an id, and one with an id that was never sent
/feed/noise  pushes {"seq": i, "ts": unix us, "text": "ok"} 40 times, each followed by a
             heartbeat, and closes; every 8th text is "no", the 10th event is missing and the
             20th is sent twice
/records     {"id": n} -> a ping and the reply in one frame, after a handshake and a ping in
             one frame; ?as= sets the format: rs (SignalR), lines, socketio, sockjs or array
/rooms       {"join": room} -> {"joined": room}; {"id": n, "room": room} -> {"id": n};
             a message for another room closes with 4003
"""

import asyncio
import contextlib
import http
import itertools
import json
import os
import random
import signal
import ssl
import time

import websockets

from ledger import Ledger

TOKEN = os.environ["TOKEN"]
PERIOD = 0.01

ledger = Ledger()


class Protocol(websockets.WebSocketServerProtocol):
    """Counts as open from the first byte until the handler has ended."""

    def connection_made(self, transport):
        super().connection_made(transport)
        ledger.enter()
        self.handler_task.add_done_callback(lambda _: ledger.leave())


def route(path):
    return path.split("?")[0]


async def send(ws, message):
    if ws.open:
        ledger.sent(route(ws.path), message)
    await ws.send(message)


async def messages(ws):
    async for message in ws:
        ledger.received(route(ws.path), message)
        yield message


async def receive(ws):
    message = await ws.recv()
    ledger.received(route(ws.path), message)
    return message


async def echo(ws):
    async for message in messages(ws):
        await send(ws, message)


def error(code, text):
    return {"error": {"code": code, "message": text}}


def call(message):
    """Returns a JSON-RPC response without its id."""
    if message.get("method") != "sum":
        return error(-32601, "Method not found")
    try:
        return {"result": sum(message["params"])}
    except (KeyError, TypeError):
        return error(-32602, "Invalid params")


async def answer(ws, message):
    try:
        message = json.loads(message)
        reply = {"id": message["id"], **call(message)}
    except (ValueError, TypeError, KeyError):
        reply = {"id": None, **error(-32600, "Invalid Request")}
    await asyncio.sleep(random.uniform(0, 0.005))
    try:
        await send(ws, json.dumps(reply))
    except websockets.ConnectionClosed:
        pass


async def jsonrpc(ws):
    tasks = set()
    async for message in messages(ws):
        task = asyncio.create_task(answer(ws, message))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def later(ws):
    async def reply(message):
        await asyncio.sleep(json.loads(message).get("after", 0) / 1000)
        try:
            await send(ws, message)
        except websockets.ConnectionClosed:
            pass

    tasks = set()
    async for message in messages(ws):
        task = asyncio.create_task(reply(message))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


async def feed(ws):
    auth = json.loads(await receive(ws))
    if auth.get("type") != "auth" or auth.get("token") != TOKEN:
        await ws.close(1008, "wrong token")
        return
    await send(ws, json.dumps({"type": "welcome"}))
    subscribe = json.loads(await receive(ws))
    if subscribe.get("type") != "subscribe":
        await ws.close(1008, "subscribe first")
        return
    await send(ws, json.dumps({"type": "ready"}))
    start, n = time.monotonic(), 0
    while n != subscribe.get("count"):
        await asyncio.sleep(start + n * PERIOD - time.monotonic())
        await send(ws, json.dumps({"n": n, "ts": int(time.time() * 1000)}))
        n += 1


async def answer_once(ws):
    await send(ws, json.dumps({"ts": int(time.time() * 1000)}))


async def pings(ws):
    try:
        while True:
            await send(ws, json.dumps({"type": "ping", "message": int(time.time())}))
            await asyncio.sleep(0.02)
    except websockets.ConnectionClosed:
        pass


@contextlib.asynccontextmanager
async def beating(ws):
    await send(ws, json.dumps({"type": "welcome"}))
    task = asyncio.create_task(pings(ws))
    try:
        yield
    finally:
        task.cancel()


async def cable(ws):
    async with beating(ws):
        async for message in messages(ws):
            n = json.loads(message)["id"]
            await asyncio.sleep(0.02)
            text = "no" if n % 7 == 6 else "ok"
            await send(ws, json.dumps({"message": {"id": n, "text": text}}))


async def cable_feed(ws):
    async with beating(ws):
        for n in itertools.count():
            await send(ws, json.dumps({"message": {"seq": n, "ts": int(time.time() * 1e6)}}))
            await asyncio.sleep(PERIOD)


async def noise(ws):
    before = None
    async for message in messages(ws):
        await send(ws, json.dumps({"type": "hb", "id": before}))
        await send(ws, json.dumps({"type": "hb"}))
        await send(ws, json.dumps({"type": "hb", "id": 10**9}))
        await send(ws, message)
        if isinstance(message, str) and message.startswith("{"):
            before = json.loads(message)["id"]


async def noisy_feed(ws):
    for n in range(40):
        text = "no" if n % 8 == 7 else "ok"
        for _ in range({10: 0, 20: 2}.get(n, 1)):
            await send(ws, json.dumps({"seq": n, "ts": int(time.time() * 1e6), "text": text}))
        await send(ws, json.dumps({"type": "hb", "message": n}))
        await asyncio.sleep(PERIOD)


def frame(style, *records):
    texts = [json.dumps(r) for r in records]
    if style == "rs":
        return "".join(t + "\x1e" for t in texts)
    if style == "lines":
        return "\n".join(texts) + "\n"
    if style == "socketio":
        return "\x1e".join("42" + json.dumps(["message", r]) for r in records)
    if style == "array":
        return json.dumps(records)
    return "a" + json.dumps(texts)


async def records(ws):
    style = ws.path.split("as=")[1]
    await send(ws, frame(style, {"type": 6}, {"type": "ready"}))
    async for message in messages(ws):
        reply = {"type": 3, "id": json.loads(message)["id"]}
        await send(ws, frame(style, {"type": 6}, reply))


async def rooms(ws):
    joined = json.loads(await receive(ws))["join"]
    await send(ws, json.dumps({"joined": joined}))
    async for message in messages(ws):
        message = json.loads(message)
        if message["room"] != joined:
            await ws.close(4003, "not your room")
            return
        await send(ws, json.dumps({"id": message["id"]}))


ROUTES = {
    "/echo": echo,
    "/jsonrpc": jsonrpc,
    "/later": later,
    "/feed": feed,
    "/answer": answer_once,
    "/cable": cable,
    "/feed/cable": cable_feed,
    "/noise": noise,
    "/feed/noise": noisy_feed,
    "/records": records,
    "/rooms": rooms,
}


async def refuse(path, headers):
    if route(path) not in ROUTES:
        ledger.refused(route(path), 404)
        return http.HTTPStatus.NOT_FOUND, [], b"no such path\n"


async def handler(ws):
    ledger.opened(route(ws.path))
    try:
        await ROUTES[route(ws.path)](ws)
    except websockets.ConnectionClosed:
        pass
    except (ValueError, AttributeError):
        await ws.close(1007, "invalid message")
    finally:
        await ws.close()
        ledger.closed(route(ws.path), ws.close_code)


async def main():
    context = None
    if "CERT" in os.environ:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.environ["CERT"], os.environ["KEY"])
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    async with websockets.serve(
        handler,
        "127.0.0.1",
        0,
        ssl=context,
        create_protocol=Protocol,
        process_request=refuse,
        subprotocols=["chat.v1"],
    ) as server:
        port = server.sockets[0].getsockname()[1]
        ledger.serve(port, lambda: loop.call_soon_threadsafe(stop.set))
        await stop.wait()
    ledger.print()


asyncio.run(main())
