"""A server for proto/chat/v1/chat.proto with Python's grpcio (asyncio).

A call with x-seen in its metadata is also counted under a route named after its method and
x-... metadata. Ask returns UNAVAILABLE for the text "fail". There is no reflection. The
stubs are generated in STUBS at startup.
"""

import asyncio
import os
import pathlib
import signal
import sys
import time

import grpc
import grpc_tools
from grpc_tools import protoc

from ledger import Ledger

TOKEN = os.environ["TOKEN"]
PERIOD = 0.01

ledger = Ledger()


def generate():
    protos = os.environ["PROTO"]
    files = [str(f) for f in pathlib.Path(protos).rglob("*.proto")]
    known = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    out = os.environ["STUBS"]
    flags = [f"-I{protos}", f"-I{known}", f"--python_out={out}", f"--grpc_python_out={out}"]
    if protoc.main(["protoc", *flags, *files]) != 0:
        sys.exit("cannot generate the stubs")
    sys.path.insert(0, out)


generate()
from chat.v1 import chat_pb2, chat_pb2_grpc, types_pb2  # noqa: E402


class Counted:
    """Counts a call. Its key in closed is the status as the handler saw the call end."""

    def __init__(self, route):
        self.route = route

    def __enter__(self):
        ledger.enter()
        ledger.opened(self.route)
        return self

    def received(self, message):
        ledger.received(self.route, message.SerializeToString())

    def sent(self, message):
        ledger.sent(self.route, message.SerializeToString())

    def __exit__(self, kind, error, trace):
        if kind is None:
            ledger.closed(self.route, "OK")
        elif issubclass(kind, (asyncio.CancelledError, grpc.aio.BaseError)):
            ledger.closed(self.route, "CANCELLED")
        else:
            ledger.closed(self.route, "UNKNOWN")
        ledger.leave()


def answer(question):
    return types_pb2.Answer(
        id=question.id, text=question.text, body=question.body, ts=int(time.time() * 1000)
    )


class Talker:
    """The methods of both services."""

    async def Ask(self, request, context):
        with Counted(self.service + "/Ask") as call:
            call.received(request)
            if request.text == "fail":
                await context.abort(grpc.StatusCode.UNAVAILABLE, "overloaded")
            reply = answer(request)
            call.sent(reply)
            return reply

    async def Talk(self, requests, context):
        with Counted(self.service + "/Talk") as call:
            async for question in requests:
                call.received(question)
                reply = answer(question)
                call.sent(reply)
                await context.write(reply)


class Chat(Talker, chat_pb2_grpc.ChatServicer):
    service = "/chat.v1.Chat"

    async def Watch(self, request, context):
        with Counted(self.service + "/Watch") as call:
            call.received(request)
            start, n = time.monotonic(), 0
            while request.count == 0 or n < request.count:
                await asyncio.sleep(max(0, start + n * PERIOD - time.monotonic()))
                event = chat_pb2.Event(n=n, ts=int(time.time() * 1000))
                event.at.GetCurrentTime()
                call.sent(event)
                await context.write(event)
                n += 1

    async def Collect(self, requests, context):
        with Counted(self.service + "/Collect") as call:
            summary = chat_pb2.Summary()
            async for question in requests:
                call.received(question)
                summary.messages += 1
                summary.bytes += len(question.body)
                summary.id = question.id
            call.sent(summary)
            return summary


class Private(Talker, chat_pb2_grpc.PrivateServicer):
    service = "/chat.v1.Private"


def seen(details):
    """Returns a call as received: its method and x-... metadata."""
    parts = [details.method]
    for name, value in sorted(details.invocation_metadata, key=lambda pair: pair[0]):
        if name.startswith("x-"):
            text = value.hex() if isinstance(value, bytes) else value
            parts.append(name + ": " + text)
    return " | ".join(parts)


class Authorization(grpc.aio.ServerInterceptor):
    """Refuses calls of Private without the token."""

    async def intercept_service(self, continuation, details):
        metadata = dict(details.invocation_metadata)
        if "x-seen" in metadata:
            ledger.opened(seen(details))
        if details.method.startswith("/chat.v1.Private/"):
            if metadata.get("authorization") != "Bearer " + TOKEN:
                ledger.refused(details.method, "UNAUTHENTICATED")
                return refusal(await continuation(details))
        return await continuation(details)


def refusal(handler):
    async def unary(request, context):
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong token")

    if handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler(unary)
    return grpc.unary_unary_rpc_method_handler(unary)


async def main():
    options = []
    if "MAX_STREAMS" in os.environ:
        options.append(("grpc.max_concurrent_streams", int(os.environ["MAX_STREAMS"])))
    server = grpc.aio.server(interceptors=[Authorization()], options=options)
    chat_pb2_grpc.add_ChatServicer_to_server(Chat(), server)
    chat_pb2_grpc.add_PrivateServicer_to_server(Private(), server)
    if "CERT" in os.environ:
        key = pathlib.Path(os.environ["KEY"]).read_bytes()
        cert = pathlib.Path(os.environ["CERT"]).read_bytes()
        port = server.add_secure_port(
            "127.0.0.1:0", grpc.ssl_server_credentials([(key, cert)])
        )
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await server.start()
    ledger.serve(port, lambda: loop.call_soon_threadsafe(stop.set))
    await stop.wait()
    await server.stop(grace=1)
    ledger.print()


asyncio.run(main())
