package websocket_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// serveConnect answers an extended CONNECT with 200 and calls send with the framer. The channel receives what
// the client sends on the stream afterwards: data, and whether it ends the stream in order.
func serveConnect(t *testing.T, send func(f *http2.Framer)) (base string, received chan sentData) {
	received = make(chan sentData, 2)
	base = drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
		f := http2.NewFramer(nc, nc)
		f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		if _, err := io.ReadFull(nc, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		_ = f.WriteSettings(http2.Setting{ID: http2.SettingEnableConnectProtocol, Val: 1})
		var got sentData
		defer func() { received <- got }()
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.MetaHeadersFrame:
				got.request = frame.Fields
				var b bytes.Buffer
				_ = hpack.NewEncoder(&b).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b.Bytes(), EndHeaders: true})
				send(f)
			case *http2.DataFrame:
				got.data, got.ended = append(got.data, frame.Data()...), frame.StreamEnded()
			case *http2.RSTStreamFrame:
				got.reset = true
			}
			if got.ended || got.reset {
				return
			}
		}
	})
	return base, received
}

type sentData struct {
	request      []hpack.HeaderField
	data         []byte
	ended, reset bool
}

// The end of a WebSocket over HTTP/2: a close frame is answered by one, and then by END_STREAM; anything else
// is an error with the class of HTTP/1.1, and resets the stream.
func TestHTTP2Ends(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data  string
		ends  bool
		class string // of the error; empty: a clean end
		want  string // frames of the client, unmasked: opcode and payload
	}{
		"a ping, then 1000": {"\x89\x02hi\x88\x02\x03\xe8", false, "", "\x0ahi\x08\x03\xe8"},
		"1000 alone":        {"\x88\x02\x03\xe8", false, "", "\x08\x03\xe8"},
		"1000 with the end": {"\x88\x02\x03\xe8", true, "", ""}, // which leaves nothing to answer
		"1011":              {"\x88\x02\x03\xf3", false, "closed by the server: 1011 internal error", "\x08\x03\xf3"},
		"a masked frame":    {"\x81\x81abcd\x00", false, "malformed frame: masked frame from a server", "\x08\x03\xea"},
		"no close frame":    {"", true, "connection closed by the server", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, received := serveConnect(t, func(f *http2.Framer) { _ = f.WriteData(1, c.ends, []byte("\x81\x05hello"+c.data)) })
			target := drivertest.WebSocketTarget(t, base, "/ws?a=b", nil)
			plain := drivertest.NewCustomDriver(t, "websocket-h2", target)
			for _, d := range []*drivertest.Client{plain, drivertest.WithLoop(t, drivertest.NewCustomDriver(t, "websocket-h2", target))} {
				st := drivertest.Open(t, d, proto.Call{})
				drivertest.Recv(t, st, "hello")
				err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err })
				if clean := errors.Is(err, io.EOF); clean != (c.class == "") || !clean && driver.Class(err) != c.class {
					t.Errorf("%v, want class %q", err, c.class)
				}
				got := <-received
				var frames []byte
				for _, f := range framesOf(t, got.data) {
					frames = append(append(frames, byte(f.Header.OpCode)), f.Payload...)
				}
				want, reset := c.want, c.class != "" || c.ends
				if c.ends && c.class == "" && !got.reset { // the answer left before the end of the stream was handled
					want, reset = "\x08\x03\xe8", false
				}
				if string(frames) != want || got.reset != reset {
					t.Errorf("the client sent %q, reset %v; want %q", frames, got.reset, want)
				}
				checkConnect(t, got.request)
			}
		})
	}
}

// checkConnect checks the header of an extended CONNECT.
func checkConnect(t *testing.T, request []hpack.HeaderField) {
	t.Helper()
	want := map[string]string{":method": "CONNECT", ":protocol": "websocket", ":scheme": "http", ":path": "/ws?a=b", "sec-websocket-version": "13"}
	for _, f := range request {
		if v, ok := want[f.Name]; ok && v == f.Value {
			delete(want, f.Name)
		}
		if f.Name == "sec-websocket-key" || f.Name == "upgrade" || f.Name == "connection" {
			t.Errorf("the request has %s", f.Name)
		}
	}
	if len(want) > 0 {
		t.Errorf("the request lacks %v: %v", want, request)
	}
}

// A server of HTTP/2 without extended CONNECT, and one that refuses it, are named.
func TestHTTP2Refusals(t *testing.T) {
	t.Parallel()
	s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }, false)
	err := drivertest.OpenError(t, "websocket-h2", drivertest.WebSocketTarget(t, s.URL, "/", nil))
	if driver.Class(err) != "no WebSocket over HTTP/2" {
		t.Errorf("a server without extended CONNECT: %v", err)
	}
}
