package http2_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	nethttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"rtbench/proto/eventloop"
	"rtbench/proto/eventloop/eventlooptest"
	"rtbench/proto/framing"
	"rtbench/proto/http2"
)

func TestServerEchoes(t *testing.T) {
	bothServers(t, func(t *testing.T, dial func(...nethttp2.Setting) client) {
		c := dial()
		for i, path := range []string{"/echo", "/recv"} {
			id := uint32(2*i + 1)
			c.request(id, path, false)
			c.message(id, "one")
			whole := framing.GRPC{}.Append(nil, []byte("two"))
			c.must(c.WriteData(id, false, whole[:4]))
			c.must(c.WriteDataPadded(id, true, whole[4:], make([]byte, 9)))
			if got := c.said(id); got != ":status 200, one, two, end EOF, ended" {
				t.Errorf("%s: %s", path, got)
			}
		}
		c.request(5, "/nowhere", true)
		if got := c.said(5); got != ":status 404, ended" {
			t.Errorf("a wrong path: %s", got)
		}
		c.request(7, "/body", false, "content-length", "3")
		c.must(c.WriteData(7, false, []byte("ab")))
		c.must(c.WriteData(7, true, []byte("c")))
		if got := c.said(7); got != ":status 200, ABC, ended" {
			t.Errorf("a body: %s", got)
		}
	})
}

// A client may send messages without waiting for the server's settings.
func TestServerEarlyMessage(t *testing.T) {
	for _, l := range []*eventloop.Loop{nil, eventlooptest.NewLoop(t)} {
		a, b := eventlooptest.Pair(t)
		s, server := newService(t)
		c := client{newClient(t, b), s}
		early := bytes.NewBufferString(nethttp2.ClientPreface)
		c.Framer = nethttp2.NewFramer(early, b)
		c.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		c.must(c.WriteSettings())
		c.request(1, "/echo", false)
		c.must(c.WriteData(1, true, framing.GRPC{}.Append(nil, []byte("early"))))
		_, err := b.Write(early.Bytes())
		c.must(err)
		serve(t, server, a, l)
		if got := c.said(1); got != ":status 200, early, end EOF, ended" {
			t.Error(got)
		}
	}
}

// A malformed message ends its stream with the handler's answer.
func TestServerMalformedMessage(t *testing.T) {
	bothServers(t, func(t *testing.T, dial func(...nethttp2.Setting) client) {
		c := dial()
		for i, path := range []string{"/echo", "/recv"} {
			id := uint32(2*i + 1)
			c.request(id, path, false)
			c.must(c.WriteData(id, false, []byte{1, 0, 0, 0, 0}))
			if got := c.said(id); got != ":status 200, end malformed frame, ended" {
				t.Errorf("%s: %s", path, got)
			}
			if got := c.said(id); got != "reset NO_ERROR" {
				t.Errorf("%s: then %s", path, got)
			}
		}
	})
}

// The client's reset and its end reach the handler.
func TestServerStreamEnds(t *testing.T) {
	bothServers(t, func(t *testing.T, dial func(...nethttp2.Setting) client) {
		c := dial()
		for i, path := range []string{"/echo", "/recv", "/push"} {
			id := uint32(2*i + 1)
			c.request(id, path, path == "/push")
			c.must(c.WriteRSTStream(id, nethttp2.ErrCodeCancel))
			if err := <-c.ends; err.Error() != "the client reset the stream: CANCEL" {
				t.Errorf("%s: %v", path, err)
			}
		}
		st := <-c.pushes
		if err := st.Send(nil); !errors.Is(err, io.EOF) {
			t.Errorf("Send on a stream that was reset: %v", err)
		}
		c.request(7, "/push", true)
		st = <-c.pushes
		for range 3 {
			c.must(st.Send([]byte("x")))
		}
		c.must(st.CloseSend())
		if err := <-c.ends; !errors.Is(err, io.EOF) {
			t.Errorf("the end of a response: %v", err)
		}
		if got := c.said(7); !strings.HasSuffix(got, ":status 200, x, x, x, , ended") {
			t.Error(got)
		}
		c.request(9, "/echo", false)
		c.request(11, "/push", true)
		st = <-c.pushes
		_ = c.nc.Close()
		for range 2 {
			if err := <-c.ends; err == nil || errors.Is(err, io.EOF) {
				t.Errorf("the end of a connection: %v", err)
			}
		}
		_ = st.Close()
	})
}

// A server accepts no streams after the client's GOAWAY, and closes after the last one.
func TestServerGoAway(t *testing.T) {
	bothServers(t, func(t *testing.T, dial func(...nethttp2.Setting) client) {
		c := dial()
		c.request(1, "/echo", false)
		c.must(c.WriteGoAway(0, nethttp2.ErrCodeNo, nil))
		c.request(3, "/echo", false)
		if got := c.said(3); !strings.HasSuffix(got, "reset REFUSED_STREAM") {
			t.Error(got)
		}
		c.must(c.WriteData(1, true, framing.GRPC{}.Append(nil, []byte("last"))))
		if got := c.said(0); got != "last, end EOF, gone NO_ERROR" {
			t.Error(got)
		}
		if got := c.said(0); got != "closed" {
			t.Error(got)
		}
	})
}

// net/http posts bodies of all sizes on many streams at once.
func TestServerWithNetHTTP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	loop := eventlooptest.NewLoop(t)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			_, server := newService(t)
			on := loop
			if i%2 == 0 {
				on = nil
			}
			wg.Go(func() { serve(t, server, nc, on) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	for range 2 { // connections
		var protocols http.Protocols
		protocols.SetUnencryptedHTTP2(true)
		transport := &http.Transport{Protocols: &protocols}
		h := &http.Client{Transport: transport, Timeout: bound}
		var posts sync.WaitGroup
		for i := range 40 {
			posts.Go(func() {
				body := strings.Repeat("x", 1<<(i%22)) // up to 2 MiB
				resp, err := h.Post("http://"+l.Addr().String()+"/body", "text/plain", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				got, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if len(body) > 1<<20 {
					if resp.StatusCode != 413 {
						t.Errorf("%d bytes: %s", len(body), resp.Status)
					}
				} else if err != nil || string(got) != strings.ToUpper(body) {
					t.Errorf("%d bytes: %s, %d bytes, %v", len(body), resp.Status, len(got), err)
				}
			})
		}
		posts.Wait()
		transport.CloseIdleConnections()
	}
}

// Both ends of this package talk to each other: messages beyond every window, in both
// directions at once.
func TestServerWithClient(t *testing.T) {
	for name, l := range map[string]*eventloop.Loop{"goroutine": nil, "loop": eventlooptest.NewLoop(t)} {
		a, b := eventlooptest.Pair(t)
		_, server := newService(t)
		go serve(t, server, a, l)
		h, err := http2.NewConn(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				st := h.NewStream(framing.GRPC{}, nil)
				path := []string{"/echo", "/recv"}[i%2]
				_, err := st.Open(t.Context(), http2.Header{{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: path}}, nil, false)
				if err != nil {
					t.Error(err)
					return
				}
				const n = 4
				sent := bytes.Repeat([]byte{byte(i)}, 600_000)
				wg.Go(func() {
					for range n {
						if err := st.Send(sent); err != nil {
							t.Error(err)
						}
					}
					_ = st.CloseSend()
				})
				for k := range n {
					if p, err := st.Recv(); err != nil || !bytes.Equal(p, sent) {
						t.Errorf("%s: stream %d, message %d: %d bytes, %v", name, i, k, len(p), err)
						return
					}
				}
				if _, err := st.Recv(); !errors.Is(err, io.EOF) {
					t.Error(fmt.Errorf("%s: stream %d ends: %w", name, i, err))
				}
			})
		}
		wg.Wait()
	}
}
