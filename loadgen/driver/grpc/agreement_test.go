package grpc_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
	"rtbench/proto/framing"
)

// methods are the kinds of calls: bidirectional, server-streaming, client-streaming with a call for all
// messages, and unary and client-streaming with a call for each message.
var methods = []string{"Talk", "Watch", "Upload", "Unary", "Collect"}

// customOutcome describes a message's way over a method, as it is counted.
func (over client) customOutcome(t *testing.T, address, method string) string {
	t.Helper()
	d := over.custom(t, address, strings.Replace(method, "Upload", "Collect", 1), func(t *drivertest.Target) {
		t.Endpoint.OneCall = method == "Upload"
		t.Endpoint.Limit = 1000
	})
	ctx, cancel := context.WithTimeout(t.Context(), drivertest.Timeout)
	defer cancel()
	st, err := d.Open(ctx, proto.Call{})
	if err != nil {
		return "open: " + driver.Class(err)
	}
	defer st.Close()
	if method != "Watch" {
		err = drivertest.Bounded(t, "Send", func() error { return st.Send(payload("x")) })
	}
	if st.SendWaits && err != nil {
		return fmt.Sprintf("%s, message failed %v", driver.Class(err), errors.Is(err, driver.ErrMessageFailed))
	}
	_ = st.CloseSend()
	var all []string
	for {
		var p []byte
		if err = drivertest.Bounded(t, "Recv", func() (err error) { p, err = st.Recv(); return err }); err != nil {
			break
		}
		all = append(all, string(p))
	}
	return fmt.Sprintf("%.80q, %s, in order %v, refused %v", all, driver.Class(err), errors.Is(err, io.EOF), errors.Is(err, driver.ErrRefused))
}

// block returns a header block that leaves no trace in the table of the decoder.
func block(fields ...string) []byte {
	var b bytes.Buffer
	enc := hpack.NewEncoder(&b)
	for i := 0; i < len(fields); i += 2 {
		_ = enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1], Sensitive: true})
	}
	return b.Bytes()
}

// A reply is what a server answers to each request.
type reply struct {
	header  []string // nil for trailers only
	body    []byte
	trailer []string // nil if the body ends the response
}

func (r reply) write(fr *http2.Framer, stream uint32) {
	if r.header != nil {
		_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block(r.header...), EndHeaders: true})
	}
	if len(r.body) > 0 || r.trailer == nil {
		_ = fr.WriteData(stream, r.trailer == nil, r.body)
	}
	if r.trailer != nil {
		_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block(r.trailer...), EndHeaders: true, EndStream: true})
	}
}

// framed returns a gRPC message with a compression flag.
func framed(flag byte, p []byte) []byte {
	b := framing.GRPCMessages{}.Append(nil, p)
	b[0] = flag
	return b
}

func zipped(n int) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(make([]byte, n))
	_ = w.Close()
	return b.Bytes()
}

// replies are correct and hostile ones.
func replies() map[string]reply {
	header := []string{":status", "200", "content-type", "application/grpc"}
	encoded := func(name string) []string { return append(header[:4:4], "grpc-encoding", name) }
	ok := []string{"grpc-status", "0"}
	only := func(fields ...string) []string { return append(header[:4:4], fields...) }
	one := framed(0, payload("x"))
	all := map[string]reply{
		"good":                         {header, one, ok},
		"empty message":                {header, framed(0, nil), ok},
		"two replies":                  {header, append(one[:len(one):len(one)], one...), ok},
		"no reply":                     {header, nil, ok},
		"reply, then an error":         {header, one, []string{"grpc-status", "5", "grpc-message", "there is none"}},
		"reply without a status":       {header, one, nil},
		"trailer without a status":     {header, one, []string{"x", "y"}},
		"status that is no number":     {header, one, []string{"grpc-status", "x"}},
		"unknown status":               {header, one, []string{"grpc-status", "99"}},
		"trailers only":                {nil, nil, only("grpc-status", "5")},
		"trailers only, refused":       {nil, nil, only("grpc-status", "16")},
		"trailers only, OK":            {nil, nil, only("grpc-status", "0")},
		"trailers only, no status":     {nil, nil, only()},
		"trailers only, 503":           {nil, nil, []string{":status", "503", "content-type", "application/grpc", "grpc-status", "14"}},
		"trailers only, not gRPC":      {nil, nil, []string{":status", "404", "content-type", "text/html"}},
		"half a message":               {header, one[:6], ok},
		"half a message and an error":  {header, one[:6], []string{"grpc-status", "5"}},
		"half a prefix":                {header, one[:3], ok},
		"compressed":                   {encoded("gzip"), framed(1, zipped(100)), ok},
		"compressed, or not":           {encoded("gzip"), one, ok},
		"compressed, not announced":    {header, framed(1, zipped(100)), ok},
		"compressed, identity":         {encoded("identity"), framed(1, zipped(100)), ok},
		"compressed, unknown encoding": {encoded("snappy"), framed(1, zipped(100)), ok},
		"not compressed, unknown":      {encoded("snappy"), one, ok},
		"invalid gzip":                 {encoded("gzip"), framed(1, []byte("not gzip data")), ok},
		"truncated gzip":               {encoded("gzip"), framed(1, zipped(100)[:20]), ok},
		"gzip bomb":                    {encoded("gzip"), framed(1, zipped(1<<20)), ok},
		"unknown flag":                 {header, framed(7, payload("x")), ok},
		"message over the limit":       {header, framed(0, make([]byte, 1001)), ok},
		"length over 2 GiB":            {header, []byte{0, 255, 255, 255, 255}, ok},
		"an interim response":          {[]string{":status", "103"}, nil, only("grpc-status", "5")},
		"404":                          {[]string{":status", "404", "content-type", "text/html"}, []byte("<html>"), nil},
	}
	for _, kind := range []string{"application/grpc+proto", "application/grpc;charset=utf-8", "application/grpc-web", "application/json", "text/html; charset=utf-8", ""} {
		all["content type "+kind] = reply{[]string{":status", "200", "content-type", kind}, one, ok}
	}
	return all
}

// Both clients count the same for each reply, over each kind of call.
func TestClientsAgree(t *testing.T) {
	t.Parallel()
	for name, r := range replies() {
		agree(t, name, serveFrames(t, r.write))
	}
	for code := range http2.ErrCode(16) {
		if code == http2.ErrCodeInadequateSecurity { // for grpc-go alone a refusal
			continue
		}
		agree(t, "RST_STREAM "+code.String(), serveFrames(t, func(fr *http2.Framer, stream uint32) { _ = fr.WriteRSTStream(stream, code) }))
	}
}

func agree(t *testing.T, name, address string) {
	for _, method := range methods {
		t.Run(name+" to "+method, func(t *testing.T) {
			t.Parallel()
			want, got := client(proto.Stock).customOutcome(t, address, method), client(proto.Lean).customOutcome(t, address, method)
			if got != want {
				t.Errorf("lean reports %s, stock %s", got, want)
			}
		})
	}
}

// A call for a message that the server has not processed is repeated once: it was refused, or the
// connection was closing.
func TestUnprocessedCallsAreRepeated(t *testing.T) { bothClients(t, testUnprocessedCallsAreRepeated) }

func testUnprocessedCallsAreRepeated(t *testing.T, over client) {
	for name, refuse := range map[string]func(fr *http2.Framer, stream uint32){
		"refused": func(fr *http2.Framer, stream uint32) { _ = fr.WriteRSTStream(stream, http2.ErrCodeRefusedStream) },
		"goaway":  func(fr *http2.Framer, _ uint32) { _ = fr.WriteGoAway(0, http2.ErrCodeNo, nil) },
	} {
		var calls atomic.Int64
		address := serveFrames(t, func(fr *http2.Framer, stream uint32) {
			if calls.Add(1) == 1 {
				refuse(fr, stream)
				return
			}
			replies()["good"].write(fr, stream)
		})
		for _, method := range []string{"Unary", "Collect"} {
			calls.Store(0)
			if got := over.customOutcome(t, address, method); !strings.HasPrefix(got, `["\n\x01x"]`) || calls.Load() != 2 {
				t.Errorf("%s: %s: %s after %d calls", name, method, got, calls.Load())
			}
		}
	}
}
