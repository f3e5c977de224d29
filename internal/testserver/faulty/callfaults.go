package faulty

import (
	"bytes"
	"encoding/binary"
	"net/http"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
)

// What is wrong with calls of gRPC, and with HTTP/2 below them.

// refuses ends each call with a status at once.
func refuses(code codes.Code) func(*exchange) {
	return func(x *exchange) {
		x.fault()
		x.refuse(code, x.s.Fault.Name)
	}
}

func unauthenticated(x *exchange) { refuses(codes.Unauthenticated)(x) }

// refusesOnce refuses the first call alone.
func refusesOnce(x *exchange) {
	x.s.mu.Lock()
	x.s.refused++
	first := x.s.refused == 1
	x.s.mu.Unlock()
	if first {
		refuses(codes.Unavailable)(x)
		return
	}
	x.serve()
}

// headersOnly begins an answer and says nothing more.
func headersOnly(x *exchange) {
	x.fault()
	x.w.Header().Set("Content-Type", "application/grpc")
	x.w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(x.w).Flush()
	x.gone()
}

// longMessage is a message over the limit.
func longMessage() []byte { return spoken(0, bytes.Repeat([]byte{'a'}, TooLong)) }

// promised is a prefix that announces more than follows it.
func promised() []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, 100), "ten bytes."...)
}

// goAway is a GOAWAY frame (RFC 9113, section 6.8) for streams that are all still served.
func goAway(code http2.ErrCode, why string) func() []byte {
	return func() []byte {
		var b bytes.Buffer
		_ = http2.NewFramer(&b, nil).WriteGoAway(1<<31-1, code, []byte(why)) // a buffer takes all
		return b.Bytes()
	}
}

// wrongFrame is a frame of HTTP/2 that must not be there: DATA of stream 0.
func wrongFrame() []byte {
	var b bytes.Buffer
	f := http2.NewFramer(&b, nil)
	f.AllowIllegalWrites = true
	_ = f.WriteData(0, false, []byte("nobody's"))
	return b.Bytes()
}
