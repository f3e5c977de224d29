package faulty

import (
	"bytes"
	"encoding/binary"
	"net/http"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
)

// Faults of gRPC.
var grpcFaults = []row{
	{name: "UNAUTHENTICATED", over: classes{"grpc": "gRPC Unauthenticated"}, terminal: true, respond: refuseWith(codes.Unauthenticated)},
	{name: "PERMISSION_DENIED", over: classes{"grpc": "gRPC PermissionDenied"}, terminal: true, respond: refuseWith(codes.PermissionDenied)},
	{name: "UNIMPLEMENTED", over: classes{"grpc": "gRPC Unimplemented"}, terminal: true, respond: refuseWith(codes.Unimplemented)},
	{name: "RESOURCE_EXHAUSTED", over: classes{"grpc": "gRPC ResourceExhausted"}, terminal: true, respond: refuseWith(codes.ResourceExhausted)},
	{name: "UNAVAILABLE", over: classes{"grpc": "gRPC Unavailable"}, terminal: true, respond: refuseWith(codes.Unavailable)},
	{name: "UNAVAILABLE once", over: classes{"grpc": "gRPC Unavailable"}, respond: refuseFirst},
	{name: "DEADLINE_EXCEEDED", over: classes{"grpc": "gRPC DeadlineExceeded"}, terminal: true, respond: refuseWith(codes.DeadlineExceeded)},
	{name: "status 99", over: classes{"grpc": "gRPC Code(99)"}, terminal: true, respond: refuseWith(99)},
	{name: "sends only headers", over: classes{"grpc": "timeout"}, terminal: true, respond: headersOnly},
	{name: "ends without trailers", over: classes{"grpc": "gRPC ended without trailers"}, noTrailers: true, onMessage: afterN(end(ending{}))},
	{name: "RST_STREAM mid-stream", over: classes{"grpc": "HTTP/2 RST_STREAM"}, onMessage: afterN(abort)},
	{name: "GOAWAY, then cuts", over: classes{"grpc": "HTTP/2 GOAWAY"}, onMessage: afterN(inject(goAway(http2.ErrCodeNo, ""), cut))},
	{name: "GOAWAY, too_many_pings", over: classes{"grpc": "HTTP/2 GOAWAY"}, onMessage: afterN(inject(goAway(http2.ErrCodeEnhanceYourCalm, "too_many_pings"), cut))},
	{name: "illegal frame", over: classes{"grpc": "malformed frame"}, onMessage: afterN(inject(illegalFrame, keepReading))},
	{name: "message over the limit", over: classes{"grpc": "message too long"}, onMessage: afterN(write(longGRPCMessage, nil))},
	{name: "prefix of 4 GiB", over: classes{"grpc": "message too long"}, onMessage: afterN(write(constant("\x00\xFF\xFF\xFF\xFFx"), nil))},
	{name: "prefix longer than the message", over: classes{"grpc": "gRPC Internal"}, onMessage: afterN(write(truncatedMessage, end(ending{})))},
	{name: "unknown compression", over: classes{"grpc": "gRPC unknown compression"}, metadata: map[string]string{"Grpc-Encoding": "unheard-of"}, onMessage: afterN(write(func() []byte { return encodeMessage(1, []byte("x")) }, nil))},
	{name: "compressed without grpc-encoding", over: classes{"grpc": "gRPC unknown compression"}, onMessage: afterN(write(func() []byte { return encodeMessage(1, []byte("x")) }, nil))},
	{name: "message that is not protobuf", over: classes{"grpc": ""}, onMessage: afterN(write(constant("\x00\x00\x00\x00\x03\xFF\xFF\xFF"), nil))},
}

// refuseWith ends each call with a status at once.
func refuseWith(code codes.Code) func(*exchange) {
	return func(x *exchange) {
		x.fault()
		x.refuse(code, x.s.Fault.Name)
	}
}

func unauthenticated(x *exchange) { refuseWith(codes.Unauthenticated)(x) }

// refuseFirst refuses only the first call.
func refuseFirst(x *exchange) {
	x.s.mu.Lock()
	x.s.refused++
	first := x.s.refused == 1
	x.s.mu.Unlock()
	if first {
		refuseWith(codes.Unavailable)(x)
		return
	}
	x.serve()
}

// headersOnly sends response headers and stalls.
func headersOnly(x *exchange) {
	x.fault()
	x.w.Header().Set("Content-Type", "application/grpc")
	x.w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(x.w).Flush()
	x.awaitDisconnect()
}

func longGRPCMessage() []byte { return encodeMessage(0, bytes.Repeat([]byte{'a'}, TooLong)) }

// truncatedMessage returns a prefix that announces more bytes than follow.
func truncatedMessage() []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, 100), "ten bytes."...)
}

// goAway returns a GOAWAY frame (RFC 9113, section 6.8) that lets all open streams continue.
func goAway(code http2.ErrCode, why string) func() []byte {
	return func() []byte {
		var b bytes.Buffer
		_ = http2.NewFramer(&b, nil).WriteGoAway(1<<31-1, code, []byte(why)) // writes to a buffer do not fail
		return b.Bytes()
	}
}

// illegalFrame returns an HTTP/2 frame that is not allowed: DATA on stream 0.
func illegalFrame() []byte {
	var b bytes.Buffer
	f := http2.NewFramer(&b, nil)
	f.AllowIllegalWrites = true
	_ = f.WriteData(0, false, []byte("nobody's"))
	return b.Bytes()
}
