package websocket_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/loadgen/driver/websocket"
	"rtbench/proto"
)

// readKey reads a handshake and returns the expected Sec-WebSocket-Accept.
func readKey(br *bufio.Reader) (accept string, err error) {
	if _, err := br.ReadString('\n'); err != nil {
		return "", err
	}
	header, err := textproto.NewReader(br).ReadMIMEHeader()
	return websocket.AcceptKey(header.Get("Sec-Websocket-Key")), err
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n"

// Any other response to the handshake is refused with its class, in bounded time and memory.
func TestRefusalClasses(t *testing.T) {
	endless := func(nc net.Conn) {
		for {
			if _, err := io.WriteString(nc, strings.Repeat("x", 4096)); err != nil {
				return
			}
		}
	}
	for name, c := range map[string]struct {
		answer string
		more   func(net.Conn)
		class  string
		text   string
	}{
		"204":                   {"HTTP/1.1 204 No Content\r\n\r\n", nil, "HTTP status 204", "204"},
		"401":                   {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 12\r\n\r\nno\x07 token\nx", nil, "HTTP status 401", "401: no. token"},
		"403, chunked":          {"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnot \r\n3\r\nyou\r\n0\r\n\r\n", nil, "HTTP status 403", "not you"},
		"500 without an end":    {"HTTP/1.1 500 Oops\r\n\r\n" + strings.Repeat("long ", 100), endless, "HTTP status 500", "long"},
		"503 that says no more": {"HTTP/1.1 503 Oops\r\nContent-Length: 100\r\n\r\n", nil, "HTTP status 503", "503"},
		"200":                   {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", nil, "HTTP status 200", "hello"},
		"redirect":              {"HTTP/1.1 301 Moved\r\nLocation: https://user:pw@example.com/ws?token=secret\r\n\r\n", nil, "HTTP redirect", "https://example.com/ws?… (give)"},
		"redirect loop":         {"HTTP/1.1 302 Found\r\nLocation: /ws\r\n\r\n", nil, "redirect loop", ""},
		"redirect to nowhere":   {"HTTP/1.1 302 Found\r\nLocation: :/%zz\r\n\r\n", nil, "redirect to nowhere", ""},
		"redirect of no place":  {"HTTP/1.1 302 Found\r\n\r\n", nil, "HTTP status 302", ""},
		"long header":           {"HTTP/1.1 101 x\r\nX: ", endless, "HTTP header too long", "64 KiB"},
		"garbage":               {"SSH-2.0-OpenSSH_9.2\r\n", nil, "not HTTP", "SSH-2.0"},
		"a TLS alert":           {"\x15\x03\x01\x00\x02\x02\x46", nil, "not HTTP", ""},
		"wrong accept":          {strings.ReplaceAll(switching, "ACCEPT", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") + "\r\n", nil, "not WebSocket", "Accept"},
		"no upgrade":            {"HTTP/1.1 101 x\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n", nil, "not WebSocket", "expected websocket"},
		"another upgrade":       {strings.ReplaceAll(switching, "WebSocket\r", "h2c\r") + "\r\n", nil, "not WebSocket", "h2c"},
		"no connection":         {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n", nil, "not WebSocket", "Connection"},
		"other subprotocol":     {switching + "Sec-WebSocket-Protocol: mqtt\r\n\r\n", nil, "subprotocol refused", "mqtt"},
		"two subprotocols":      {switching + "Sec-WebSocket-Protocol: chat, soap\r\n\r\n", nil, "subprotocol refused", "chat, soap"},
		"other extension":       {switching + "Sec-WebSocket-Extensions: x-webkit\r\n\r\n", nil, "extension refused", "x-webkit"},
		"bad parameter":         {switching + "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16\r\n\r\n", nil, "extension refused", "server_max_window_bits=16"},
		"the end":               {"", func(nc net.Conn) { _ = nc.Close() }, "connection closed by the server", ""},
		"half a header":         {"HTTP/1.1 101 Swi", func(nc net.Conn) { _ = nc.Close() }, "connection closed by the server", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
				br := bufio.NewReader(nc)
				accept, err := readKey(br)
				if err != nil {
					return
				}
				_, _ = io.WriteString(nc, strings.ReplaceAll(c.answer, "ACCEPT", accept))
				if c.more != nil {
					c.more(nc)
				}
				_, _ = io.Copy(io.Discard, br)
			})
			err := drivertest.OpenError(t, "websocket", drivertest.WebSocketTarget(t, base, "/ws", func(e *driver.Endpoint) {
				e.Deflate, e.Subprotocols = driver.DeflateTakeover, []string{"chat", "soap"}
			}))
			if driver.Class(err) != c.class || !strings.Contains(err.Error(), strings.TrimSuffix(c.text, " (give)")) || len(err.Error()) > 400 {
				t.Errorf("class %q, %v; want %q, %q", driver.Class(err), err, c.class, c.text)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "pw") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

// Open returns when its context ends if the server does not respond.
func TestOpenHonorsContext(t *testing.T) {
	t.Parallel()
	base := drivertest.ServeTCP(t, func(nc net.Conn, _ int) { _, _ = io.Copy(io.Discard, nc) })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := drivertest.Bounded(t, "Open", func() error {
		_, err := drivertest.NewCustomDriver(t, "websocket", drivertest.WebSocketTarget(t, base, "", nil)).Open(ctx, proto.Call{})
		return err
	})
	if driver.Class(err) != "timeout" {
		t.Errorf("Open: %v", err)
	}
}

// sendFrames accepts the handshake and sends frames. The channel receives all bytes from the client.
func sendFrames(t *testing.T, deflate bool, frames string) (target drivertest.Target, received chan []byte) {
	received = make(chan []byte, 2)
	base := drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
		br := bufio.NewReader(nc)
		accept, err := readKey(br)
		if err != nil {
			return
		}
		head := strings.ReplaceAll(switching, "ACCEPT", accept)
		if deflate {
			head += "Sec-WebSocket-Extensions: permessage-deflate\r\n"
		}
		// In one write: frames may arrive with the response.
		_, _ = io.WriteString(nc, head+"\r\n"+frames)
		all, _ := io.ReadAll(br)
		received <- all
	})
	return drivertest.WebSocketTarget(t, base, "", func(e *driver.Endpoint) {
		e.Limit = 1000
		if deflate {
			e.Deflate = driver.DeflateTakeover
		}
	}), received
}

func TestInvalidFrames(t *testing.T) {
	long := "\x82\x7e\x03\xe9" + strings.Repeat("x", 1001)
	for name, c := range map[string]struct {
		deflate bool
		frames  string
		class   string
		code    int // close code of the client
	}{
		"reserved bits":   {false, "\xc1\x00", "malformed frame: reserved bits set", 1002},
		"on a pong":       {true, "\xca\x00", "malformed frame: reserved bits set", 1002},
		"reserved opcode": {false, "\x87\x00", "malformed frame: reserved opcode", 1002},
		"masked":          {false, "\x81\x81abcd\x00", "malformed frame: masked frame from a server", 1002},
		"continuation":    {false, "\x80\x01x", "malformed frame: continuation frame without a message", 1002},
		"interrupted":     {false, "\x01\x01x\x81\x01x", "malformed frame: new message inside a fragmented message", 1002},
		"long ping":       {false, "\x89\x7e\x00\x7e" + strings.Repeat("x", 126), "malformed frame: control frame longer than 125 bytes", 1002},
		"not UTF-8":       {false, "\x81\x01\xff", "malformed frame: text is not valid UTF-8", 1007},
		"not deflate":     {true, "\xc1\x01\xff", "malformed frame: compressed data is corrupt", 1007},
		"too long":        {false, long, "message too long", 1009},
		"close of a byte": {false, "\x88\x01x", "malformed frame: close frame with a 1-byte payload", 1002},
		"internal error":  {false, "\x88\x06\x03\xf3oops", "closed by the server: 1011 internal error", 1011},
		"private code":    {false, "\x88\x02\x0f\xa1", "closed by the server: 4001", 4001},
		"in order":        {true, "\x88\x02\x03\xe8", "closed by the server: 1000 normal closure", 1000},
		"going away":      {false, "\x88\x02\x03\xe9", "closed by the server: 1001 going away", 1001},
		"no code":         {false, "\x88\x00", "closed by the server: 1005 no status received", 1005},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, received := sendFrames(t, c.deflate, "\x81\x05hello"+c.frames)
			d := drivertest.NewCustomDriver(t, "websocket", target)
			for _, d := range []*drivertest.Client{d, drivertest.WithLoop(t, d)} {
				st := drivertest.Open(t, d, proto.Call{})
				drivertest.Recv(t, st, "hello")
				err := drivertest.Bounded(t, "Recv", func() error { _, err := st.Recv(); return err })
				if driver.Class(err) != c.class {
					t.Errorf("class %q of %v, want %q", driver.Class(err), err, c.class)
				}
				if inOrder := c.code == 1000 || c.code == 1001 || c.code == 1005; errors.Is(err, io.EOF) != inOrder {
					t.Errorf("%v is io.EOF: %v", err, !inOrder)
				}
				_ = st.Close()
				if got := framesOf(t, <-received); len(got) != 1 || got[0].Header.OpCode != ws.OpClose || codeOf(got[0]) != c.code {
					t.Errorf("the client answered %+v, want a close frame with %d", got, c.code)
				}
			}
		})
	}
}

// framesOf parses the frames of a client.
func framesOf(t *testing.T, b []byte) (all []ws.Frame) {
	t.Helper()
	r := strings.NewReader(string(b))
	for r.Len() > 0 {
		f, err := readFrame(r)
		if err != nil || !f.Header.Masked {
			t.Fatalf("% x: %v, masked %v", b, err, f.Header.Masked)
		}
		all = append(all, ws.UnmaskFrameInPlace(f))
	}
	return all
}

func codeOf(f ws.Frame) int {
	if len(f.Payload) < 2 {
		return 1005
	}
	return int(binary.BigEndian.Uint16(f.Payload))
}

// Each ping gets one pong with the same payload, even between fragments of a message.
func TestPong(t *testing.T) {
	t.Parallel()
	frames := "\x01\x03hel\x89\x03one\x80\x02lo" + "\x41\x03\xf2\x48\xcd\x89\x00\x8a\x02xx\x80\x04\xc9\xc9\x07\x00" + "\x89\x03two\x81\x03end\x88\x02\x03\xe8"
	target, received := sendFrames(t, true, frames)
	d := drivertest.NewCustomDriver(t, "websocket", target)
	for _, d := range []*drivertest.Client{d, drivertest.WithLoop(t, d)} {
		st := drivertest.Open(t, d, proto.Call{})
		drivertest.Recv(t, st, "hello", "Hello", "end")
		if err := drivertest.Bounded(t, "the end", func() error { _, err := st.Recv(); return err }); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		_ = st.Close()
		got := framesOf(t, <-received)
		if len(got) != 4 || string(got[0].Payload) != "one" || len(got[1].Payload) != 0 || string(got[2].Payload) != "two" ||
			got[0].Header.OpCode != ws.OpPong || codeOf(got[3]) != 1000 {
			t.Errorf("the client sent %+v", got)
		}
	}
}

// A lost connection is not a clean end.
func TestConnectionLost(t *testing.T) {
	t.Parallel()
	base := drivertest.ServeTCP(t, func(nc net.Conn, _ int) {
		if accept, err := readKey(bufio.NewReader(nc)); err == nil {
			_, _ = io.WriteString(nc, strings.ReplaceAll(switching, "ACCEPT", accept)+"\r\n\x81\x05hel")
		}
	})
	st := drivertest.Open(t, drivertest.NewCustomDriver(t, "websocket", drivertest.WebSocketTarget(t, base, "", nil)), proto.Call{})
	if _, err := st.Recv(); driver.Class(err) != "connection closed by the server" || errors.Is(err, io.EOF) {
		t.Errorf("Recv: %v", err)
	}
}
