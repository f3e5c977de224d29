package server_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"rtbench/proto"
	"rtbench/server"
	"rtbench/server/guide"
)

// onHTTP2 returns attacks on HTTP/2 itself.
func onHTTP2() map[string]attack {
	frame := func(length int, kind http2.FrameType, flags http2.Flags, stream uint32) func(c *h2) {
		return greeted(func(c *h2) { _ = c.WriteRawFrame(kind, flags, stream, make([]byte, length)) })
	}
	protocolError := []string{"GOAWAY PROTOCOL_ERROR", "RST_STREAM PROTOCOL_ERROR", "closed"}
	return map[string]attack{
		"garbage":               {func(c *h2) { c.write("\xff\xff\xff\xff nonsense that is longer than a preface\r\n\r\n") }, []string{"closed"}},
		"HTTP/1.1":              {func(c *h2) { c.write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n") }, []string{"closed"}},
		"garbage after preface": {func(c *h2) { c.write(http2.ClientPreface + strings.Repeat("\xff", 100)) }, []string{"closed", "GOAWAY PROTOCOL_ERROR", "GOAWAY FRAME_SIZE_ERROR"}},
		"no settings":           {func(c *h2) { c.write(http2.ClientPreface); _ = c.WritePing(false, [8]byte{}) }, protocolError},
		"half a frame":          {greeted(func(c *h2) { c.write("\x00\x00\x08\x06"); closeWrite(c.nc) }), []string{"closed"}},
		"oversized frame":       {greeted(func(c *h2) { c.write("\xff\xff\xff\x00\x00\x00\x00\x00\x01") }), []string{"GOAWAY FRAME_SIZE_ERROR", "closed"}},
		"short settings":        {frame(5, http2.FrameSettings, 0, 0), []string{"GOAWAY FRAME_SIZE_ERROR", "closed"}},
		"settings of a stream":  {frame(6, http2.FrameSettings, 0, 1), protocolError},
		"continuing nothing":    {frame(6, http2.FrameContinuation, 0, 1), protocolError},
		"window of nothing":     {frame(4, http2.FrameWindowUpdate, 0, 0), protocolError},
		"endless window": {greeted(func(c *h2) {
			_ = c.WriteWindowUpdate(0, 1<<31-1)
			_ = c.WriteWindowUpdate(0, 1<<31-1)
			c.get(1, "/nowhere")
		}), []string{"GOAWAY FLOW_CONTROL_ERROR", "closed", ":status 404", ":status 415"}},
		"bad HPACK":   {greeted(func(c *h2) { c.headers(1, true, []byte("\xff\xff\xff\xff\xff\xff\xff")) }), []string{"GOAWAY COMPRESSION_ERROR", "closed"}},
		"even stream": {greeted(func(c *h2) { c.get(2, "/stream") }), protocolError},
		"a push": {greeted(func(c *h2) { // ignored by grpc-go
			_ = c.WriteRawFrame(http2.FramePushPromise, http2.FlagPushPromiseEndHeaders, 1, make([]byte, 8))
			c.get(1, "/nowhere")
		}), append([]string{":status 415"}, protocolError...)},
	}
}

func closeWrite(nc net.Conn) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

// flood sends SETTINGS without reading; later requests must still be answered.
func flood(c *h2) {
	c.greet()
	last := [8]byte{1}
	for range 1000 {
		_ = c.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 65535})
	}
	_ = c.WritePing(false, last)
	for {
		f, err := c.ReadFrame()
		if err != nil {
			c.t.Fatal(err)
		}
		if p, ok := f.(*http2.PingFrame); ok && p.IsAck() && p.Data == last {
			return
		}
	}
}

// rapidReset opens streams and resets each at once (CVE-2023-44487).
func rapidReset(c *h2, path string) {
	c.greet()
	for i := range uint32(1000) {
		c.get(3+2*i, path)
		_ = c.WriteRSTStream(3+2*i, http2.ErrCodeCancel)
	}
	c.get(1, "/nowhere") // stream IDs must increase
}

func TestHostileSSEH2(t *testing.T) { onStacks(t, hostileSSEH2) }

func hostileSSEH2(t *testing.T, stack string) {
	s := start(t, server.Config{Stack: stack, Guide: guide.Config{Interval: time.Hour}})
	attacks := onHTTP2()
	request := func(want, path string, more ...string) attack {
		return attack{greeted(func(c *h2) { c.get(1, path, more...) }), []string{want}}
	}
	for name, a := range map[string]attack{
		"settings":          {func(c *h2) { flood(c); c.get(1, "/stream") }, []string{"a stream"}},
		"rapid reset":       {func(c *h2) { rapidReset(c, "/stream") }, []string{"GOAWAY PROTOCOL_ERROR", "GOAWAY ENHANCE_YOUR_CALM", "GOAWAY STREAM_CLOSED", "RST_STREAM STREAM_CLOSED", "closed"}},
		"headers":           request(":status 431", "/stream", list(17)...),
		"continued headers": request("GOAWAY PROTOCOL_ERROR", "/stream", list(100)...).or("GOAWAY ENHANCE_YOUR_CALM"),
		"one long header":   request("GOAWAY COMPRESSION_ERROR", "/stream", "x", strings.Repeat("x", 40<<10)).or("GOAWAY ENHANCE_YOUR_CALM"),
		"headers in bounds": request("a stream", "/stream", list(12)...),
		"upper case":        request("RST_STREAM PROTOCOL_ERROR", "/stream", "Host", "x"),
		"no path":           request("RST_STREAM PROTOCOL_ERROR", ""),
		"wrong path":        request(":status 404", "/nowhere"),
		"wrong call":        request(":status 400", "/bench?pattern=dance"),
		"no call":           request(":status 400", "/bench"),
		"split response":    request(":status 400", "/bench?%0d%0aInjected:+x=1"),
		"bad escape":        request("a stream", "/stream/user?token=%zz&token=x"),
		"bad id":            request("a stream", "/stream", "last-event-id", "-1--1"),
		"wrong method": {greeted(func(c *h2) {
			c.headers(1, true, c.block(":method", "DELETE", ":scheme", "http", ":authority", "x", ":path", "/bench"))
		}), []string{":status 405"}},
		"data for nothing": {greeted(func(c *h2) { _ = c.WriteData(1, true, []byte("x")) }), []string{"GOAWAY PROTOCOL_ERROR"}},
		"length that lies": {greeted(func(c *h2) {
			c.headers(1, false, c.block(":method", "POST", ":scheme", "http", ":authority", "x", ":path", "/bench?session=none", "content-length", "1"))
			_ = c.WriteData(1, true, []byte("xyz"))
		}), []string{"RST_STREAM PROTOCOL_ERROR", ":status 400", ":status 404"}},
	} {
		attacks[name] = a
	}
	survive(t, s, func(t *testing.T) {
		for name, a := range attacks {
			t.Run(name, func(t *testing.T) { a.run(t, s, "sse-h2") })
		}
		t.Run("too long", func(t *testing.T) { postTooMuch(t, s) })
	})
}

// postTooMuch posts a message above the limit, which has its own status.
func postTooMuch(t *testing.T, s *server.Server) {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Timeout: hang, Transport: &http.Transport{Protocols: &protocols, DisableKeepAlives: true}}
	for size, want := range map[int]int{proto.MaxSize: http.StatusNotFound, proto.MaxSize + 1: http.StatusRequestEntityTooLarge, 5 * proto.MaxSize: http.StatusRequestEntityTooLarge} {
		resp, err := client.Post("http://"+s.Info().Addresses["sse-h2"]+"/bench?session=none", "", bytes.NewReader(make([]byte, size)))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%d bytes: %s, want %d", size, resp.Status, want)
		}
	}
}

// The largest stream limit is announced as a large one.
func TestLargestStreamLimit(t *testing.T) { onStacks(t, largestStreamLimit) }

func largestStreamLimit(t *testing.T, stack string) {
	s := start(t, server.Config{Stack: stack, MaxStreams: 1 << 31}) // twice that overflows to 0 in the 32-bit setting
	for _, protocol := range []string{"sse-h2", "grpc"} {
		c := dialH2(t, s, protocol)
		c.greet()
		frame, err := c.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		settings, ok := frame.(*http2.SettingsFrame)
		if !ok {
			t.Fatalf("%s: %v", protocol, frame)
		}
		if most, ok := settings.Value(http2.SettingMaxConcurrentStreams); ok && most < proto.DefaultStreams {
			t.Errorf("%s: %d streams", protocol, most)
		}
	}
}
