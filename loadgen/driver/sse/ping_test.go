package sse_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// serveEvents answers a request over HTTP/2 with an event stream without events, and reports each PING. It answers
// the first so many.
func serveEvents(nc net.Conn, answered int, pings chan<- int) {
	fr := http2.NewFramer(nc, nc)
	if _, err := io.ReadFull(nc, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	_ = fr.WriteSettings()
	n := 0
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			return
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = fr.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: f.StreamID, EndHeaders: true, BlockFragment: encodedHead()})
		case *http2.PingFrame:
			if f.IsAck() {
				continue
			}
			if n++; n <= answered {
				_ = fr.WritePing(true, f.Data)
			}
			pings <- n
		}
	}
}

func encodedHead() []byte {
	var head bytes.Buffer
	e := hpack.NewEncoder(&head)
	_ = e.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	_ = e.WriteField(hpack.HeaderField{Name: "content-type", Value: "text/event-stream"})
	return head.Bytes()
}

// An event stream on which nothing happens is pinged by both stacks, and breaks once there is no answer.
func TestPings(t *testing.T) {
	t.Parallel()
	for _, stack := range proto.StacksOf("sse-h2") {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			pings := make(chan int, 10)
			address := strings.TrimPrefix(drivertest.ServeTCP(t, func(nc net.Conn, _ int) { serveEvents(nc, 2, pings) }), "http://")
			target := drivertest.Target{
				Target: driver.Target{Address: address, Ping: driver.Ping{Every: 20 * time.Millisecond, Timeout: 2 * time.Second}}, Stack: stack,
				Endpoint: &driver.Endpoint{URL: &url.URL{Scheme: "http", Host: address, Path: "/"}},
			}
			st := drivertest.Open(t, drivertest.NewCustomDriver(t, "sse-h2", target), proto.Call{})
			_, err := st.Recv()
			if got := driver.Class(err); got != "ping timeout" {
				t.Errorf("%v, of class %s", err, got)
			}
			for want := range 3 {
				if got := <-pings; got != want+1 {
					t.Errorf("ping %d, want %d", got, want+1)
				}
			}
		})
	}
}
