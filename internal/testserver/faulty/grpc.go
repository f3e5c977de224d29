package faulty

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"net/http"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// A grpcTransport is a gRPC call over HTTP/2
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
type grpcTransport struct{ responseTransport }

// serveGRPC serves the method of Proto.
func (x *exchange) serveGRPC() {
	if x.r.URL.Path != Method {
		x.refuse(codes.Unimplemented, "unknown method "+x.r.URL.Path)
		return
	}
	x.w.Header().Set("Content-Type", "application/grpc")
	for name, value := range x.s.Fault.metadata {
		x.w.Header().Set(name, value)
	}
	c := &grpcTransport{responseTransport{x, x.w, http.NewResponseController(x.w).Flush}}
	x.s.serveStream(&stream{c: x.c, token: x.token, transport: c}, x.requestLine())
	_ = c.close(ending{})
}

// refuse ends a call with a status only.
func (x *exchange) refuse(code codes.Code, why string) {
	x.w.Header().Set("Content-Type", "application/grpc")
	x.w.Header().Set("Grpc-Status", strconv.Itoa(int(code)))
	x.w.Header().Set("Grpc-Message", why)
	x.w.WriteHeader(http.StatusOK)
}

func (c *grpcTransport) next() ([]byte, error) {
	var flag [1]byte
	if _, err := io.ReadFull(c.x.r.Body, flag[:]); err != nil {
		return nil, err
	}
	p, err := readLength(c.x.r.Body)
	if err != nil {
		return nil, err
	}
	if flag[0] == 1 {
		z, err := gzip.NewReader(bytes.NewReader(p))
		if err != nil {
			return nil, err
		}
		if p, err = io.ReadAll(io.LimitReader(z, maxMessage)); err != nil {
			return nil, err
		}
	}
	return decodeMessage(p)
}

// decodeMessage returns the payload of a Message of Proto, which has the encoding of a BytesValue.
func decodeMessage(p []byte) ([]byte, error) {
	var m wrapperspb.BytesValue
	err := proto.Unmarshal(p, &m)
	return m.GetValue(), err
}

// encodeMessage returns a length-prefixed Message of Proto. flag is its compressed flag.
func encodeMessage(flag byte, p []byte) []byte {
	m, _ := proto.Marshal(wrapperspb.Bytes(p)) // fails only for invalid UTF-8
	return append(binary.BigEndian.AppendUint32([]byte{flag}, uint32(len(m))), m...)
}

func (c *grpcTransport) message(_ int, p []byte) error { return c.raw(encodeMessage(0, p)) }

// close sets the trailers, which are sent when the handler returns. The first status wins.
func (c *grpcTransport) close(e ending) error {
	h := c.x.w.Header()
	if c.x.s.Fault.noTrailers || h.Get(http.TrailerPrefix+"Grpc-Status") != "" {
		return nil
	}
	h.Set(http.TrailerPrefix+"Grpc-Status", strconv.Itoa(int(e.status)))
	if e.why != "" {
		h.Set(http.TrailerPrefix+"Grpc-Message", e.why)
	}
	return nil
}
