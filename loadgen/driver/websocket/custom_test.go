package websocket_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/driver/drivertest"
	"rtbench/proto"
)

// coderEchoes echoes messages with github.com/coder/websocket.
func coderEchoes(mode websocket.CompressionMode) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: mode, CompressionThreshold: 1, Subprotocols: []string{"chat.v2"}})
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(4 << 20)
		for {
			kind, p, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, p) != nil {
				return
			}
		}
	}
}

// gobwasEchoes echoes messages with gobwas/ws and wsflate.
func gobwasEchoes(w http.ResponseWriter, r *http.Request) {
	agreed := wsflate.Extension{Parameters: wsflate.DefaultParameters}
	upgrader := ws.HTTPUpgrader{Negotiate: agreed.Negotiate}
	nc, rw, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		return
	}
	defer nc.Close()
	_, packs := agreed.Accepted()
	var all []byte
	var first ws.Header
	for {
		f, err := readFrame(rw)
		if err != nil {
			return
		}
		f = ws.UnmaskFrameInPlace(f)
		if f.Header.OpCode == ws.OpClose {
			_ = ws.WriteFrame(nc, ws.NewCloseFrame(f.Payload))
			return
		}
		if f.Header.OpCode != ws.OpContinuation {
			first, all = f.Header, nil
		}
		if all = append(all, f.Payload...); !f.Header.Fin {
			continue
		}
		back := ws.NewFrame(first.OpCode, true, all)
		if packs && first.Rsv != 0 {
			back.Header.Rsv = first.Rsv
			if back, err = wsflate.DecompressFrame(back); err == nil {
				back, err = wsflate.CompressFrame(back)
			}
		}
		if err != nil || ws.WriteFrame(nc, back) != nil {
			return
		}
	}
}

// readFrame reads and unmasks a frame.
func readFrame(r io.Reader) (f ws.Frame, err error) {
	if f.Header, err = ws.ReadHeader(r); err != nil || f.Header.Length > 1<<20 {
		return f, errors.Join(err, io.ErrShortBuffer)
	}
	f.Payload = make([]byte, f.Header.Length)
	_, err = io.ReadFull(r, f.Payload)
	return f, err
}

// The messages of one stream: small and large, similar and different, to use the compression window.
var wsMessages = []string{
	"", "a", strings.Repeat(`{"type":"trade","symbol":"ABC","price":101.25}`, 3), strings.Repeat(`{"type":"trade","symbol":"ABC","price":101.25}`, 3),
	strings.Repeat("äöü", 40_000), "\x00\x00\x00\xff\xff"[:3], strings.Repeat("x", 200_000), "end",
}

func TestOtherLibraries(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{
		"coder":                  coderEchoes(websocket.CompressionDisabled),
		"coder with takeover":    coderEchoes(websocket.CompressionContextTakeover),
		"coder without takeover": coderEchoes(websocket.CompressionNoContextTakeover),
		"gobwas":                 gobwasEchoes,
	} {
		s := drivertest.ServeHTTP(t, serve, false)
		for mode, deflate := range map[string]driver.Deflate{"plain": driver.DeflateOff, "takeover": driver.DeflateTakeover, "each": driver.DeflateNoTakeover} {
			for _, fragment := range []int{0, 1000} {
				t.Run(name+"/"+mode, func(t *testing.T) {
					t.Parallel()
					target := drivertest.WebSocketTarget(t, s.URL, "/", func(e *driver.Endpoint) { e.Deflate, e.Fragment = deflate, fragment })
					d := drivertest.NewCustomDriver(t, "websocket", target)
					for _, d := range []*drivertest.Client{d, drivertest.WithLoop(t, d)} {
						drivertest.CheckEchoes(t, d, wsMessages)
					}
					st := drivertest.Open(t, d, proto.Call{})
					chosen := st.Negotiated
					if deflates := deflate != driver.DeflateOff && name != "coder"; strings.Contains(chosen, "permessage-deflate") != deflates {
						t.Errorf("the server selected %q", chosen)
					}
				})
			}
		}
	}
}

func TestHandshakeRequest(t *testing.T) {
	t.Parallel()
	seen := make(chan *http.Request, 1)
	s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		coderEchoes(websocket.CompressionDisabled)(w, r)
	}, true)
	target := drivertest.WebSocketTarget(t, s.URL, "/a%20b/ws?room=1&x", func(e *driver.Endpoint) {
		e.Header = http.Header{"X-Tenant": {"t1"}, "Cookie": {"a=b"}, "sec-websocket-key": {"mine"}, "Upgrade": {"h2c"}}
		e.Bearer = func(context.Context) (string, error) { return "secret", nil }
		e.Subprotocols = []string{"chat.v3", "chat.v2"}
	})
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	target.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	st := drivertest.Open(t, drivertest.NewCustomDriver(t, "websocket", target), proto.Call{})
	r := <-seen
	for name, want := range map[string]string{"X-Tenant": "t1", "Cookie": "a=b", "Authorization": "Bearer secret", "Upgrade": "websocket", "Sec-Websocket-Protocol": "chat.v3, chat.v2"} {
		if got := strings.Join(r.Header[name], "; "); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	if r.Host != s.Listener.Addr().String() || r.RequestURI != "/a%20b/ws?room=1&x" {
		t.Errorf("requested %s from %s", r.RequestURI, r.Host)
	}
	if chosen := st.Negotiated; chosen != "subprotocol chat.v2" {
		t.Errorf("negotiated %q", chosen)
	}
}

// Binary messages are sent as binary frames, and the server receives the close code.
func TestMessageTypeAndCloseCode(t *testing.T) {
	t.Parallel()
	for _, binary := range []bool{false, true} {
		kinds, codes := make(chan websocket.MessageType, 1), make(chan websocket.StatusCode, 1)
		s := drivertest.ServeHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			c, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			defer c.CloseNow()
			kind, _, _ := c.Read(r.Context())
			kinds <- kind
			_, _, err = c.Read(r.Context())
			codes <- websocket.CloseStatus(err)
		}, false)
		st := drivertest.Open(t, drivertest.NewCustomDriver(t, "websocket", drivertest.WebSocketTarget(t, s.URL, "", func(e *driver.Endpoint) { e.Binary = binary })), proto.Call{})
		if err := st.Send([]byte("a")); err != nil {
			t.Fatal(err)
		}
		if err := st.Codes.CloseWith(4321); err != nil {
			t.Fatal(err)
		}
		want := map[bool]websocket.MessageType{false: websocket.MessageText, true: websocket.MessageBinary}[binary]
		if kind, code := <-kinds, <-codes; kind != want || code != 4321 {
			t.Errorf("message type %v, want %v; close code %d", kind, want, code)
		}
	}
}
