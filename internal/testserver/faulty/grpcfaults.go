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
	{grpcOnly, "UNAUTHENTICATED", "gRPC Unauthenticated", true, behavior{respond: refuseWith(codes.Unauthenticated)}},
	{grpcOnly, "PERMISSION_DENIED", "gRPC PermissionDenied", true, behavior{respond: refuseWith(codes.PermissionDenied)}},
	{grpcOnly, "UNIMPLEMENTED", "gRPC Unimplemented", true, behavior{respond: refuseWith(codes.Unimplemented)}},
	{grpcOnly, "RESOURCE_EXHAUSTED", "gRPC ResourceExhausted", true, behavior{respond: refuseWith(codes.ResourceExhausted)}},
	{grpcOnly, "UNAVAILABLE", "gRPC Unavailable", true, behavior{respond: refuseWith(codes.Unavailable)}},
	{grpcOnly, "UNAVAILABLE once", "gRPC Unavailable", false, behavior{respond: refuseFirst}},
	{grpcOnly, "DEADLINE_EXCEEDED", "gRPC DeadlineExceeded", true, behavior{respond: refuseWith(codes.DeadlineExceeded)}},
	{grpcOnly, "status 99", "gRPC Code(99)", true, behavior{respond: refuseWith(99)}},
	{grpcOnly, "sends only headers", "timeout", true, behavior{respond: headersOnly}},
	{grpcOnly, "ends without trailers", "gRPC ended without trailers", false, behavior{noTrailers: true, onMessage: afterN(end(ending{}))}},
	{grpcOnly, "RST_STREAM mid-stream", "HTTP/2 RST_STREAM", false, behavior{onMessage: afterN(abort)}},
	{grpcOnly, "GOAWAY, then cuts", "HTTP/2 GOAWAY", false, behavior{onMessage: afterN(inject(goAway(http2.ErrCodeNo, ""), cut))}},
	{grpcOnly, "GOAWAY, too_many_pings", "HTTP/2 GOAWAY", false, behavior{onMessage: afterN(inject(goAway(http2.ErrCodeEnhanceYourCalm, "too_many_pings"), cut))}},
	{grpcOnly, "illegal frame", "gRPC Unavailable", false, behavior{onMessage: afterN(inject(illegalFrame, keepReading))}},
	{grpcOnly, "message over the limit", "message too long", false, behavior{onMessage: afterN(write(longGRPCMessage, nil))}},
	{grpcOnly, "prefix of 4 GiB", "message too long", false, behavior{onMessage: afterN(write(constant("\x00\xFF\xFF\xFF\xFFx"), nil))}},
	{grpcOnly, "prefix longer than the message", "gRPC Internal", false, behavior{onMessage: afterN(write(truncatedMessage, end(ending{})))}},
	{grpcOnly, "unknown compression", "gRPC unknown compression", false, behavior{metadata: map[string]string{"Grpc-Encoding": "unheard-of"}, onMessage: afterN(write(func() []byte { return encodeMessage(1, []byte("x")) }, nil))}},
	{grpcOnly, "compressed without grpc-encoding", "gRPC unknown compression", false, behavior{onMessage: afterN(write(func() []byte { return encodeMessage(1, []byte("x")) }, nil))}},
	{grpcOnly, "message that is not protobuf", "", false, behavior{onMessage: afterN(write(constant("\x00\x00\x00\x00\x03\xFF\xFF\xFF"), nil))}},
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
