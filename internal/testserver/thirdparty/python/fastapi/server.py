"""A server with FastAPI and uvicorn.

GET /ws            a WebSocket that echoes JSON with the server's time in "ts"
GET, POST /events  100 server-sent events a second; ?count= limits them, Last-Event-ID
                   resumes them
GET /events?session=S, or with the cookie session=S: events for messages posted to S, and a
                   comment after each second without one. The header X-Stream of the
                   response is a random number
GET /answers       one event, then the end; after ?last= streams in total, 204
GET /page          an event stream the first time, then a page of HTML
POST /v1/chat/completions  a stream of max_tokens tokens in the format of OpenAI's API, then
                   the usage and [DONE]; "model" cuts: the connection breaks after half of
                   them; forgets: no [DONE]; busy: 429 with Retry-After
POST /messages     with the same session: 202, and the body becomes an event of S;
                   {"after": ms} delays the event, {"hold": ms} delays the response
GET /poll?room=R&after=N  long polling: waits for messages of the room after the first N, by default 0, for at most
                   1 s: {"events": [...], "last": N}
POST /poll?room=R  202, and the body becomes a message of the room
/private/...       the same with a bearer token
/seen/...          the same; the ledger also counts a route named after the request as
                   received: METHOD PATH?QUERY and the headers host, cookie and x-...
"""

import asyncio
import json
import os
import random
import re
import time
from typing import Optional

import uvicorn
from fastapi import APIRouter, Cookie, FastAPI, Header, HTTPException, Query, Request, WebSocket
from fastapi.responses import Response, StreamingResponse
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import ConnectionClosed

from ledger import Ledger

TOKEN = os.environ["TOKEN"]
PERIOD = 0.01

ledger = Ledger()
sessions = {}
router = APIRouter()


def now():
    return int(time.time() * 1000)


def allowed(connection: HTTPConnection):
    path = connection.url.path
    if not path.startswith("/private/"):
        return True
    return connection.headers.get("authorization") == "Bearer " + TOKEN


def check(request: Request):
    if not allowed(request):
        ledger.refused(request.url.path, 401)
        raise HTTPException(401, "wrong token", {"WWW-Authenticate": "Bearer"})


@router.websocket("/ws")
async def echo(ws: WebSocket):
    path = ws.url.path
    if not allowed(ws):
        ledger.refused(path, 403)
        await ws.close()
        return
    ledger.enter()
    ledger.opened(path)
    await ws.accept()
    try:
        while True:
            text = await ws.receive_text()
            ledger.received(path, text)
            reply = json.dumps({**json.loads(text), "ts": now()})
            ledger.sent(path, reply)
            await ws.send_text(reply)
    except (WebSocketDisconnect, ConnectionClosed) as gone:
        ledger.closed(path, gone.code)
    except (ValueError, TypeError, KeyError):
        await ws.close(1007)
        ledger.closed(path, 1007)
    finally:
        ledger.leave()


def event(path, data, kind, number):
    ledger.sent(path, data)
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"id: {number}\nevent: {kind}\n{lines}\n"


async def ticks(path, first, count):
    yield "retry: 1000\n\n"
    start = time.monotonic()
    n = first
    while (count == 0 or n < count) and not server.should_exit:
        await asyncio.sleep(start + (n - first) * PERIOD - time.monotonic())
        yield event(path, json.dumps({"n": n, "ts": now()}), "tick", n)
        n += 1


async def posted(path, queue):
    yield "retry: 1000\n\n: ready\n\n"
    n = 0
    while not server.should_exit:
        try:
            body = await asyncio.wait_for(queue.get(), 1)
        except asyncio.TimeoutError:
            yield ": still here\n\n"
            continue
        yield event(path, body, "message", n)
        n += 1


async def stream(path, session, first, count):
    """Counts as closed by "end" (all sent) or "gone" (the client disconnected)."""
    ledger.enter()
    ledger.opened(path)
    queue = asyncio.Queue()
    if session:
        sessions.setdefault((path, session), []).append(queue)
    how = "gone"
    try:
        async for text in posted(path, queue) if session else ticks(path, first, count):
            yield text
        how = "end"
    finally:
        if session:
            sessions[path, session].remove(queue)
        ledger.closed(path, how)
        ledger.leave()


@router.api_route("/events", methods=["GET", "POST"])
async def events(
    request: Request,
    count: int = Query(0, ge=0),
    session: Optional[str] = None,
    cookie: Optional[str] = Cookie(None, alias="session"),
    last_event_id: Optional[str] = Header(None),
):
    check(request)
    try:
        first = int(last_event_id) + 1
    except (TypeError, ValueError):
        first = 0
    return StreamingResponse(
        stream(request.url.path, session or cookie, first, count),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Stream": str(random.randrange(10**9))},
    )


async def answer_once(path):
    ledger.enter()
    ledger.opened(path)
    yield "data: " + event_data(path) + "\n\n"
    ledger.closed(path, "end")
    ledger.leave()


def event_data(path):
    data = json.dumps({"ts": now()})
    ledger.sent(path, data)
    return data


answered = 0


@router.get("/answers")
async def answers(request: Request, last: int = Query(0, ge=0)):
    global answered
    path = request.url.path
    if last and answered >= last:
        ledger.refused(path, 204)
        return Response(status_code=204)
    answered += 1
    return StreamingResponse(answer_once(path), media_type="text/event-stream")


@router.get("/page")
async def page(request: Request):
    global answered
    path = request.url.path
    if answered:
        ledger.refused(path, 200)
        return Response("<p>hello</p>", media_type="text/html")
    answered += 1
    return StreamingResponse(answer_once(path), media_type="text/event-stream")


class Room:
    def __init__(self):
        self.messages = []
        self.changed = asyncio.Condition()


rooms = {}


@router.get("/poll")
async def poll(request: Request, room: str = "", after: int = Query(0, ge=0)):
    check(request)
    path = request.url.path
    if after == 0:
        ledger.opened(path)
    r = rooms.setdefault(room, Room())
    try:
        async with r.changed:
            await asyncio.wait_for(r.changed.wait_for(lambda: len(r.messages) > after), 1)
    except asyncio.TimeoutError:
        return Response(status_code=204)
    if await request.is_disconnected():
        return Response(status_code=204)
    events = r.messages[after:]
    for e in events:
        ledger.sent(path, json.dumps(e))
    return {"events": events, "last": after + len(events)}


@router.post("/poll")
async def post_to_room(request: Request, room: str = ""):
    check(request)
    body = await request.body()
    ledger.received(request.url.path, body)
    r = rooms.setdefault(room, Room())
    async with r.changed:
        r.messages.append(json.loads(body))
        r.changed.notify_all()
    return Response(status_code=202)


def chunk(delta, **more):
    return json.dumps({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}], **more})


async def completion(path, model, tokens):
    ledger.enter()
    ledger.opened(path)
    how = "gone"
    try:
        yield "data: " + chunk({"role": "assistant", "content": ""}) + "\n\n"
        for n in range(tokens):
            await asyncio.sleep(0.005)
            if model == "cuts" and n == tokens // 2:
                how = "cut"
                raise ConnectionAbortedError()
            token = chunk({"content": f"token {n} \u00e4\n"})
            ledger.sent(path, token)
            yield f"data: {token}\n\n"
        usage = {"completion_tokens": tokens, "prompt_tokens": 1}
        yield "data: " + json.dumps({"choices": [], "usage": usage}) + "\n\n"
        if model != "forgets":
            yield "data: [DONE]\n\n"
        how = "end"
    finally:
        ledger.closed(path, how)
        ledger.leave()


@router.post("/v1/chat/completions")
async def completions(request: Request):
    check(request)
    path = request.url.path
    body = await request.json()
    ledger.received(path, body["messages"][0]["content"])
    ledger.kind(body["messages"][0]["content"])
    if body["model"] == "busy":
        ledger.refused(path, 429)
        raise HTTPException(429, "too many requests", {"Retry-After": "7"})
    if not body["stream"]:
        raise HTTPException(400, "expected stream: true")
    return StreamingResponse(
        completion(path, body["model"], body["max_tokens"]), media_type="text/event-stream"
    )


@router.post("/messages", status_code=202)
async def messages(
    request: Request,
    session: Optional[str] = None,
    cookie: Optional[str] = Cookie(None, alias="session"),
):
    check(request)
    path = request.url.path
    queues = sessions.get((path.replace("/messages", "/events"), session or cookie))
    if not queues:
        ledger.refused(path, 404)
        raise HTTPException(404, "no such session")
    body = (await request.body()).decode()
    ledger.received(path, body)
    after = re.search(r'"after": *(\d+)', body)
    for queue in queues:
        if after:
            asyncio.get_running_loop().call_later(int(after[1]) / 1000, queue.put_nowait, body)
        else:
            queue.put_nowait(body)
    hold = re.search(r'"hold": *(\d+)', body)
    if hold:
        await asyncio.sleep(int(hold[1]) / 1000)
    return {"accepted": True}


app = FastAPI()
app.include_router(router)
app.include_router(router, prefix="/private")


class Seen:
    """Counts requests below /seen as received, before they are decoded."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "lifespan" and scope["path"].startswith("/seen/"):
            query = scope["query_string"].decode("latin-1")
            parts = [scope.get("method", "WS") + " " + scope["path"] + "?" + query]
            for name, value in scope["headers"]:
                name = name.decode("latin-1")
                if name in ("host", "cookie") or name.startswith("x-"):
                    parts.append(name + ": " + value.decode("latin-1"))
            ledger.opened(" | ".join(parts))
            path = scope["path"].removeprefix("/seen")
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self.app(scope, receive, send)


app.add_middleware(Seen)


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        ledger.serve(self.servers[0].sockets[0].getsockname()[1], self.stop)

    def stop(self):
        self.should_exit = True


server = Server(
    uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="warning",
        ssl_certfile=os.environ.get("CERT"),
        ssl_keyfile=os.environ.get("KEY"),
    )
)
server.run()
ledger.print()
