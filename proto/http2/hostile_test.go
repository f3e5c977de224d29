package http2_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	nethttp2 "golang.org/x/net/http2"

	"rtbench/proto/framing"
)

// Each violation has the reaction that RFC 9113 demands.
func TestServerViolations(t *testing.T) {
	raw := func(kind nethttp2.FrameType, flags nethttp2.Flags, stream uint32, payload ...byte) func(client) {
		return func(c client) { _ = c.WriteRawFrame(kind, flags, stream, payload) }
	}
	request := func(fields ...string) func(client) {
		return func(c client) { c.header(3, true, fields...) }
	}
	valid := []string{":method", "GET", ":scheme", "http", ":path", "/nowhere"}
	with := func(fields ...string) func(client) { return request(append(valid[:6:6], fields...)...) }
	posted := func(length string, bodies ...string) func(client) {
		return func(c client) {
			c.request(3, "/body", false, "content-length", length)
			for i, b := range bodies {
				_ = c.WriteData(3, i == len(bodies)-1, []byte(b))
			}
		}
	}
	var bomb []string
	for range 10 { // encoded once
		bomb = append(bomb, "x", strings.Repeat("x", 2000))
	}
	long := func(n int) []byte { return make([]byte, n) }
	const protocol, frameSize = "gone PROTOCOL_ERROR", "gone FRAME_SIZE_ERROR"
	const flow, closed = "gone FLOW_CONTROL_ERROR", "gone STREAM_CLOSED"
	all := map[string]struct {
		does func(client) // with stream 1 open
		want string       // the end of the reaction to stream 3
	}{
		"valid":                        {with(), ":status 404, ended"},
		"a long frame":                 {raw(nethttp2.FrameData, 0, 1, long(16<<10+1)...), frameSize},
		"DATA on stream 0":             {raw(nethttp2.FrameData, 0, 0, 1), protocol},
		"DATA on an idle stream":       {raw(nethttp2.FrameData, 0, 3, 1), protocol},
		"padding beyond the frame":     {raw(nethttp2.FrameData, 8, 1, 5, 1), protocol},
		"HEADERS on stream 0":          {raw(nethttp2.FrameHeaders, 4, 0), protocol},
		"HEADERS on an even stream":    {raw(nethttp2.FrameHeaders, 4, 2), protocol},
		"HEADERS on itself":            {raw(nethttp2.FrameHeaders, 4|0x20, 3, 0, 0, 0, 3, 1), protocol},
		"invalid HPACK":                {raw(nethttp2.FrameHeaders, 4, 3, 0xff, 0xff, 0xff), "gone COMPRESSION_ERROR"},
		"CONTINUATION alone":           {raw(nethttp2.FrameContinuation, 4, 1), protocol},
		"PUSH_PROMISE":                 {raw(nethttp2.FramePushPromise, 4, 1, 0, 0, 0, 2), protocol},
		"PRIORITY on stream 0":         {raw(nethttp2.FramePriority, 0, 0, long(5)...), protocol},
		"PRIORITY on itself":           {raw(nethttp2.FramePriority, 0, 3, 0, 0, 0, 3, 1), protocol},
		"PRIORITY of 4 bytes":          {raw(nethttp2.FramePriority, 0, 3, long(4)...), frameSize},
		"RST_STREAM of 3 bytes":        {raw(nethttp2.FrameRSTStream, 0, 1, long(3)...), frameSize},
		"RST_STREAM on an idle stream": {raw(nethttp2.FrameRSTStream, 0, 3, long(4)...), protocol},
		"SETTINGS of 5 bytes":          {raw(nethttp2.FrameSettings, 0, 0, long(5)...), frameSize},
		"SETTINGS on a stream":         {raw(nethttp2.FrameSettings, 0, 1), protocol},
		"acknowledged settings":        {raw(nethttp2.FrameSettings, 1, 0, long(6)...), frameSize},
		"push of 2":                    {raw(nethttp2.FrameSettings, 0, 0, 0, 2, 0, 0, 0, 2), protocol},
		"frames of 1 byte":             {raw(nethttp2.FrameSettings, 0, 0, 0, 5, 0, 0, 0, 1), protocol},
		"a large initial window":       {raw(nethttp2.FrameSettings, 0, 0, 0, 4, 0xff, 0, 0, 0), flow},
		"PING of 7 bytes":              {raw(nethttp2.FramePing, 0, 0, long(7)...), frameSize},
		"PING on a stream":             {raw(nethttp2.FramePing, 0, 1, long(8)...), protocol},
		"GOAWAY of 7 bytes":            {raw(nethttp2.FrameGoAway, 0, 0, long(7)...), frameSize},
		"WINDOW_UPDATE by 0":           {raw(nethttp2.FrameWindowUpdate, 0, 0, long(4)...), protocol},
		"WINDOW_UPDATE when idle":      {raw(nethttp2.FrameWindowUpdate, 0, 3, 0, 0, 0, 1), protocol},
		"a large window":               {raw(nethttp2.FrameWindowUpdate, 0, 0, 0x7f, 0xff, 0xff, 0xff), flow},
		"a request in a header":        {func(c client) { raw(nethttp2.FrameHeaders, 0, 3)(c); raw(nethttp2.FrameHeaders, 4, 5)(c) }, protocol},
		"a skipped stream":             {func(c client) { c.request(9, "/nowhere", true); c.said(9); with()(c) }, protocol},
		"HEADERS on a closed stream":   {func(c client) { with()(c); c.said(3); with()(c) }, closed},
		"DATA on a closed stream":      {func(c client) { with()(c); c.said(3); raw(nethttp2.FrameData, 0, 3, 1)(c) }, "reset STREAM_CLOSED"},

		"no path":               {request(":method", "GET", ":scheme", "http"), "reset PROTOCOL_ERROR"},
		"an empty path":         {request(":method", "GET", ":scheme", "http", ":path", ""), "reset PROTOCOL_ERROR"},
		"two paths":             {with(":path", "/"), "reset PROTOCOL_ERROR"},
		"a status":              {with(":status", "200"), "reset PROTOCOL_ERROR"},
		"capitals":              {with("Host", "x"), "reset PROTOCOL_ERROR"},
		"no name":               {with("", "x"), "reset PROTOCOL_ERROR"},
		"a line break":          {with("x", "a\r\nb"), "reset PROTOCOL_ERROR"},
		"a connection header":   {with("connection", "close"), "reset PROTOCOL_ERROR"},
		"te: gzip":              {with("te", "gzip"), "reset PROTOCOL_ERROR"},
		"te: trailers":          {with("te", "trailers"), ":status 404, ended"},
		"a late pseudo-header":  {request(":method", "GET", "x", "y", ":scheme", "http", ":path", "/"), "reset PROTOCOL_ERROR"},
		"a long header":         {with(bomb...), ":status 431, ended"},
		"a trailing status":     {func(c client) { c.request(3, "/echo", false); c.header(3, true, ":status", "1") }, "reset PROTOCOL_ERROR"},
		"a trailer without end": {func(c client) { c.request(3, "/echo", false); c.header(3, false, "x", "y") }, "reset PROTOCOL_ERROR"},
		"a short body":          {posted("3", "ab"), "reset PROTOCOL_ERROR"},
		"a long body":           {posted("3", "ab", "cd"), "reset PROTOCOL_ERROR"},
		"two lengths":           {with("content-length", "1", "content-length", "2"), "reset PROTOCOL_ERROR"},
		"no length":             {posted("-1", "a"), "reset PROTOCOL_ERROR"},
		"a large stream window": {func(c client) {
			c.request(3, "/echo", false)
			_ = c.WriteWindowUpdate(3, 1<<31-1)
		}, "reset FLOW_CONTROL_ERROR"},
		"more than the window": {func(c client) {
			c.request(3, "/echo", false)
			_ = c.WriteSettings(nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 0}) // no credit for unsent replies
			for range 65 {
				_ = c.WriteData(3, false, framing.GRPC{}.Append(nil, make([]byte, 16<<10-9)))
			}
		}, flow},
	}
	bothServers(t, func(t *testing.T, dial func(...nethttp2.Setting) client) {
		for name, v := range all {
			t.Run(name, func(t *testing.T) {
				c := dial()
				c.request(1, "/echo", false)
				v.does(c)
				if got := c.said(3); !strings.HasSuffix(got, v.want) {
					t.Errorf("%s; want %s", got, v.want)
				}
			})
		}
	})
}

// Floods that cost the server more than the client end the connection.
func TestServerFloods(t *testing.T) {
	all := map[string]func(c client){
		"rapid reset": func(c client) {
			for i := range uint32(1000) {
				c.request(2*i+3, "/echo", false)
				_ = c.WriteRSTStream(2*i+3, nethttp2.ErrCodeCancel)
			}
		},
		"empty CONTINUATION": func(c client) {
			_ = c.WriteRawFrame(nethttp2.FrameHeaders, 0, 3, nil)
			for range 1000 {
				_ = c.WriteContinuation(3, false, nil)
			}
		},
		"long CONTINUATION": func(c client) {
			_ = c.WriteRawFrame(nethttp2.FrameHeaders, 0, 3, nil)
			for range 2 {
				_ = c.WriteContinuation(3, false, make([]byte, 10<<10))
			}
		},
		"settings": func(c client) {
			_ = c.WriteSettings(nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 0})
			c.request(3, "/echo", false)
			c.message(3, strings.Repeat("x", 10_000))
			for i := range uint32(2000) {
				_ = c.WriteSettings(nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: i % 2})
			}
		},
	}
	bothServers(t, func(t *testing.T, dial func(...nethttp2.Setting) client) {
		for name, attack := range all {
			c := dial()
			var flood bytes.Buffer
			attacker := newClient(t, c.nc)
			attacker.Framer = nethttp2.NewFramer(&flood, nil)
			attacker.AllowIllegalWrites = true
			attack(client{attacker, c.service})
			go func() { _, _ = c.nc.Write(flood.Bytes()) }() // until the server closes
			if got := c.said(0); !strings.HasSuffix(got, "gone ENHANCE_YOUR_CALM") {
				t.Errorf("%s: %s", name, got)
			}
		}
	})
}

// Streams beyond the limit are refused; one that ends makes room.
func TestServerStreamLimit(t *testing.T) {
	bothServers(t, func(t *testing.T, dial func(...nethttp2.Setting) client) {
		c := dial()
		for i := range uint32(101) {
			c.request(2*i+1, "/echo", false)
		}
		if got := c.said(201); !strings.HasSuffix(got, "reset REFUSED_STREAM") {
			t.Error(got)
		}
		c.must(c.WriteData(1, true, nil))
		c.said(1)
		c.request(203, "/nowhere", true)
		if got := c.said(203); got != ":status 404, ended" {
			t.Error(got)
		}
	})
}

// Clients without HTTP/2, or without settings in time, are disconnected.
func TestServerHandshake(t *testing.T) {
	for what, says := range map[string]string{
		"HTTP/1.1":      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"half":          nethttp2.ClientPreface[:10],
		"no settings":   nethttp2.ClientPreface + "\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678",
		"half settings": nethttp2.ClientPreface + "\x00\x00\x06\x04",
		"nothing":       "",
	} {
		synctest.Test(t, func(t *testing.T) {
			a, b := net.Pipe()
			_, server := newService(t)
			go func() { _, _ = io.WriteString(b, says) }()
			go func() { _, _ = io.Copy(io.Discard, b) }()
			if _, err := server.NewConn(a); err == nil {
				t.Errorf("%s: accepted", what)
			}
			_ = b.Close()
		})
	}
}
