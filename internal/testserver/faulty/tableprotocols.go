package faulty

import (
	"strings"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
)

// What is wrong with frames of a WebSocket. The stream is open still: it is the client that
// is to end it.
var socketFrames = []row{
	{socks, "reserved bit", "malformed frame: reserved bits set", false, how{deed: after(framed(0xA1, "x"))}},
	{socks, "compressed although not agreed", "malformed frame: reserved bits set", false, how{deed: after(writes(func() []byte { return frame(0xC1, deflate([]byte("x"))) }, nil))}},
	{socks, "reserved opcode", "malformed frame: reserved opcode", false, how{deed: after(framed(0x83, "x"))}},
	{socks, "reserved opcode of control", "malformed frame: reserved opcode", false, how{deed: after(framed(0x8B, ""))}},
	{socks, "masked frames", "malformed frame: masked frame from a server", false, how{deed: each(masks)}},
	{socks, "text that is not UTF-8", "malformed frame: text is not UTF-8", false, how{deed: after(framed(0x81, "\xC3\x28"))}},
	{socks, "continuation of nothing", "malformed frame: continuation of no message", false, how{deed: after(framed(0x80, "x"))}},
	{socks, "message within a message", "malformed frame: new message before the end of one in fragments", false, how{deed: after(writes(text("\x01\x01x\x81\x01y"), nil))}},
	{socks, "ping of 126 bytes", "malformed frame: control frame longer than 125 bytes", false, how{deed: after(framed(0x89, strings.Repeat("p", 126)))}},
	{socks, "ping in fragments", "malformed frame: control frame in fragments", false, how{deed: after(framed(0x09, "p"))}},
	{socks, "frame of 2^62 bytes", "message too long", false, how{deed: after(writes(text("\x82\x7F\x40\x00\x00\x00\x00\x00\x00\x00abc"), nil))}},
	{socks, "length with its highest bit set", "message too long", false, how{deed: after(writes(text("\x82\x7F\xC0\x00\x00\x00\x00\x00\x00\x00abc"), nil))}},
	{socks, "message over the limit", "message too long", false, how{deed: after(writes(tooLong, nil))}},
	{socks, "fragments without end", "message too long", false, how{deed: after(endless("\x01\x00", "\x00\x7D"+strings.Repeat("a", 125)))}},
	{socks, "compressed bomb", "message too long", false, how{deflate: true, deed: after(writes(bomb, nil))}},
	{socks, "compressed nonsense", "malformed frame: compressed data is broken", false, how{deflate: true, deed: after(framed(0xC1, "\xFF\xFF\xFF"))}},
	{socks, "cuts in a frame", "connection closed by the server", false, how{deed: after(writes(text("\x81\x64ten bytes."), cuts))}},
	{socks, "resets in a frame", "connection reset", false, how{deed: after(writes(text("\x81\x64ten bytes."), resetsConn))}},
	{socks, "close of one byte", "malformed frame: close frame of one byte", false, how{deed: after(writes(text("\x88\x01\x03"), waits))}},
	{socks, "close with 1005", "malformed frame: close code that may not be sent", false, how{deed: after(writes(text("\x88\x02\x03\xED"), waits))}},
	{socks, "close whose reason is not UTF-8", "malformed frame: text is not UTF-8", false, how{deed: after(writes(text("\x88\x04\x03\xE8\xC3\x28"), waits))}},
	{socks, "closes and stays connected", "", false, how{deed: after(writes(text("\x88\x02\x03\xE8"), waits))}},
	{socks, "closes in the middle of a message", "", false, how{deed: after(writes(text("\x01\x01x\x88\x02\x03\xE8"), waits))}},
	{socks, "pings a lot", "", false, how{deed: pings}},
	{socks, "never answers a close", "", false, how{unclosing: true}},
}

// What is wrong with events.
var eventStreams = []row{
	{sse, "line over the limit", "message too long", false, how{deed: after(writes(hugeLine, nil))}},
	{sse, "line without end", "message too long", false, how{deed: after(endless("data: ", "a"))}},
	{sse, "event without end", "message too long", false, how{deed: after(endless("", "data: a\n"))}},
	{sse, "comments without end", "", false, how{deed: after(endless("", ": still here\n"))}},
	{sse, "retry of 10 ms, then ends", "", false, how{prelude: "retry: 10\n\n", deed: after(ends(ending{}))}},
	{sse, "events in bursts", "", false, how{bursts: true}},
	{sse, "ids twice", "", false, how{event: sameID, deed: doneEach}},
	{sse, "bytes that are not UTF-8", "", false, how{deed: after(writes(text("data: \xC3\x28\n\n"), nil))}},
	{sse, "ends in an event", "connection closed by the server", false, how{deed: after(writes(text("data: half a mess"), ends(ending{})))}},
	{"sse", "chunk of nonsense", "malformed frame", false, how{deed: after(injects(text("zz\r\n"), cuts))}},
	{"sse", "chunk longer than it says", "malformed frame", false, how{deed: after(injects(text("3\r\ntoo long\r\n"), cuts))}},
	{"sse", "chunk of 2^62 bytes", "malformed frame", false, how{deed: after(injects(text("4000000000000000\r\n: a"), cuts))}},
	{"sse-h2", "RST_STREAM in the middle", "HTTP/2 reset: INTERNAL_ERROR", false, how{deed: after(aborts)}},
	{"sse-h2", "GOAWAY, then cuts", "HTTP/2 GOAWAY", false, how{deed: after(injects(goAway(http2.ErrCodeNo, ""), cuts))}},
	{"sse-h2", "frame that must not be there", "malformed frame", false, how{deed: after(injects(wrongFrame, waits))}},
}

// What is wrong with gRPC.
var grpcCalls = []row{
	{calls, "UNAUTHENTICATED", "gRPC Unauthenticated", true, how{answer: refuses(codes.Unauthenticated)}},
	{calls, "PERMISSION_DENIED", "gRPC PermissionDenied", true, how{answer: refuses(codes.PermissionDenied)}},
	{calls, "UNIMPLEMENTED", "gRPC Unimplemented", true, how{answer: refuses(codes.Unimplemented)}},
	{calls, "RESOURCE_EXHAUSTED", "gRPC ResourceExhausted", true, how{answer: refuses(codes.ResourceExhausted)}},
	{calls, "UNAVAILABLE", "gRPC Unavailable", true, how{answer: refuses(codes.Unavailable)}},
	{calls, "UNAVAILABLE once", "gRPC Unavailable", false, how{answer: refusesOnce}},
	{calls, "DEADLINE_EXCEEDED", "gRPC DeadlineExceeded", true, how{answer: refuses(codes.DeadlineExceeded)}},
	{calls, "status 99", "gRPC Code(99)", true, how{answer: refuses(99)}},
	{calls, "answers headers alone", "timeout", true, how{answer: headersOnly}},
	{calls, "ends without trailers", "gRPC ended without trailers", false, how{bare: true, deed: after(ends(ending{}))}},
	{calls, "RST_STREAM in the middle", "HTTP/2 RST_STREAM", false, how{deed: after(aborts)}},
	{calls, "GOAWAY, then cuts", "HTTP/2 GOAWAY", false, how{deed: after(injects(goAway(http2.ErrCodeNo, ""), cuts))}},
	{calls, "GOAWAY, too_many_pings", "HTTP/2 GOAWAY", false, how{deed: after(injects(goAway(http2.ErrCodeEnhanceYourCalm, "too_many_pings"), cuts))}},
	{calls, "frame that must not be there", "gRPC Unavailable", false, how{deed: after(injects(wrongFrame, waits))}},
	{calls, "message over the limit", "message too long", false, how{deed: after(writes(longMessage, nil))}},
	{calls, "prefix of 4 GiB", "message too long", false, how{deed: after(writes(text("\x00\xFF\xFF\xFF\xFFx"), nil))}},
	{calls, "prefix longer than what comes", "gRPC Internal", false, how{deed: after(writes(promised, ends(ending{})))}},
	{calls, "compression that nobody knows", "gRPC unknown compression", false, how{metadata: map[string]string{"Grpc-Encoding": "unheard-of"}, deed: after(writes(func() []byte { return spoken(1, []byte("x")) }, nil))}},
	{calls, "compressed without saying how", "gRPC unknown compression", false, how{deed: after(writes(func() []byte { return spoken(1, []byte("x")) }, nil))}},
	{calls, "message that is not protobuf", "", false, how{deed: after(writes(text("\x00\x00\x00\x00\x03\xFF\xFF\xFF"), nil))}},
}

// What is wrong with messages over tcp.
var tcpMessages = []row{
	{rawTCP, "line over the limit", "message too long", false, how{deed: after(writes(func() []byte { return append(tooLong()[10:], '\n') }, nil))}},
	{rawTCP, "line without end", "message too long", false, how{deed: after(endless("", "a"))}},
	{rawTCP, "cuts in a message", "connection closed by the server", false, how{deed: after(writes(text("half a mess"), cuts))}},
	{rawTCP, "length of 4 GiB", "message too long", false, how{lengths: true, deed: after(writes(text("\xFF\xFF\xFF\xFFabc"), nil))}},
	{rawTCP, "length over the limit", "message too long", false, how{lengths: true, deed: after(writes(func() []byte { return append([]byte{0, 0x20, 0, 0}, tooLong()[10:]...) }, nil))}},
	{rawTCP, "length longer than what comes", "connection closed by the server", false, how{lengths: true, deed: after(writes(text("\x00\x00\x00\x64ten bytes."), cuts))}},
}
