package server_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rtbench/server"
)

// An h2 is an HTTP/2 client that can break every rule.
type h2 struct {
	*http2.Framer
	t      *testing.T
	nc     net.Conn
	fields bytes.Buffer
	encode *hpack.Encoder
}

// dialH2 connects and sends nothing.
func dialH2(t *testing.T, s *server.Server, protocol string) *h2 {
	nc := raw(t, s, protocol)
	c := &h2{Framer: http2.NewFramer(nc, nc), t: t, nc: nc}
	c.AllowIllegalWrites = true
	c.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.encode = hpack.NewEncoder(&c.fields)
	return c
}

// greet sends the preface and settings.
func (c *h2) greet() {
	c.write(http2.ClientPreface)
	_ = c.WriteSettings()
}

// write sends bytes. It ignores errors: the server's reply may still be read after it has
// closed.
func (c *h2) write(s string) { _, _ = io.WriteString(c.nc, s) }

// block encodes a header list of alternating names and values.
func (c *h2) block(fields ...string) []byte {
	c.fields.Reset()
	for i := 0; i < len(fields); i += 2 {
		_ = c.encode.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return bytes.Clone(c.fields.Bytes())
}

// headers opens a stream.
func (c *h2) headers(stream uint32, ends bool, block []byte) {
	const most = 16 << 10
	first := block[:min(len(block), most)]
	rest := block[len(first):]
	_ = c.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: first, EndStream: ends, EndHeaders: len(rest) == 0})
	for len(rest) > 0 {
		next := rest[:min(len(rest), most)]
		rest = rest[len(next):]
		_ = c.WriteContinuation(stream, len(rest) == 0, next)
	}
}

func (c *h2) get(stream uint32, path string, more ...string) {
	c.headers(stream, true, c.block(append([]string{":method", "GET", ":scheme", "http", ":authority", "x", ":path", path}, more...)...))
}

// verdict returns the server's reaction to a stream, or the end of the connection.
func (c *h2) verdict(stream uint32) string {
	answered := false
	for {
		frame, err := c.ReadFrame()
		if isTimeout(err) {
			c.t.Fatal("no reply")
		}
		if err != nil {
			return "closed"
		}
		switch f := frame.(type) {
		case *http2.GoAwayFrame:
			if f.ErrCode != http2.ErrCodeNo {
				return "GOAWAY " + f.ErrCode.String()
			}
		case *http2.RSTStreamFrame:
			if f.StreamID == stream {
				return "RST_STREAM " + f.ErrCode.String()
			}
		case *http2.MetaHeadersFrame:
			if f.StreamID != stream {
				continue
			}
			if answered = answered || f.PseudoValue("status") != ""; !answered {
				return "a response without :status"
			}
			for _, h := range f.Fields {
				if h.Name == "grpc-status" || h.Name == ":status" && h.Value != "200" {
					return h.Name + " " + h.Value
				}
			}
			if strings.HasPrefix(header(f, "content-type"), "text/event-stream") {
				return "a stream"
			}
		}
	}
}

func header(f *http2.MetaHeadersFrame, name string) string {
	for _, h := range f.Fields {
		if h.Name == name {
			return h.Value
		}
	}
	return ""
}

// An attack is a client's behavior and the expected reactions to stream 1.
type attack struct {
	do   func(c *h2)
	want []string
}

func (a attack) run(t *testing.T, s *server.Server, protocol string) {
	c := dialH2(t, s, protocol)
	a.do(c)
	got := c.verdict(1)
	for _, want := range a.want {
		if got == want {
			return
		}
	}
	t.Errorf("got %q, want %q", got, a.want)
}

// or returns a with another permitted reaction.
func (a attack) or(want string) attack {
	a.want = append(a.want, want)
	return a
}

func greeted(do func(c *h2)) func(c *h2) {
	return func(c *h2) {
		c.greet()
		do(c)
	}
}

// list returns a header list of some KiB.
func list(kib int) (fields []string) {
	for i := range kib {
		fields = append(fields, fmt.Sprintf("x-%d", i), strings.Repeat("x", 1<<10))
	}
	return fields
}
