package http2_test

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	nethttp2 "golang.org/x/net/http2"

	"rtbench/proto/framing"
)

// A client that grants no window, or never reads, is read no further than the server's
// bounds.
func TestServerStalledClient(t *testing.T) {
	const most = 4 << 20 // the windows and buffers of both ends
	synctest.Test(t, func(t *testing.T) {
		for name, frame := range map[string]func(c client){
			"pings":    func(c client) { _ = c.WritePing(false, [8]byte{}) },
			"settings": func(c client) { _ = c.WriteSettings() },
			"refused":  func(c client) { _ = c.WriteData(1, false, nil) },
			"echoes":   func(c client) { _ = c.WriteData(3, false, framing.GRPC{}.Append(nil, make([]byte, 10_000))) },
		} {
			a, b := net.Pipe()
			written := &countingConn{Conn: b}
			s, server := newService(t)
			go func() {
				if h, err := server.NewConn(a); err == nil {
					h.Serve()
				}
			}()
			c := client{newClient(t, written), s}
			_ = b.SetDeadline(time.Time{})
			read := make(chan struct{})
			go func() { // the answers to the first frames
				defer close(read)
				for range 7 {
					_, _ = c.ReadFrame()
				}
			}()
			_, _ = written.Write([]byte(nethttp2.ClientPreface))
			_ = c.WriteSettings(nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 1<<31 - 1})
			_ = c.WriteWindowUpdate(0, 1<<30)
			c.request(1, "/nowhere", true)
			c.request(3, "/echo", false)
			go func() {
				for written.n < most && written.err == nil {
					frame(c)
				}
			}()
			synctest.Wait()
			if written.n >= most {
				t.Errorf("%s: the server takes all of %d bytes", name, written.n)
			}
			_ = b.Close()
			<-read
			synctest.Wait()
		}
	})
}

type countingConn struct {
	net.Conn
	n   int
	err error
}

func (c *countingConn) Write(p []byte) (n int, err error) {
	n, c.err = c.Conn.Write(p)
	c.n += n
	return n, c.err
}

// A client that grants no window gets no more credit than the stream's window.
func TestServerWithholdsCredit(t *testing.T) {
	bothServers(t, func(t *testing.T, dial func(...nethttp2.Setting) client) {
		c := dial(nethttp2.Setting{ID: nethttp2.SettingInitialWindowSize, Val: 0})
		c.request(1, "/echo", false)
		message := framing.GRPC{}.Append(nil, make([]byte, 1000))
		const n = 1000 // just less than the window
		for range n {
			c.must(c.WriteData(1, false, message))
		}
		c.must(c.WritePing(false, [8]byte{1}))
		for answered := false; !answered; {
			f, err := c.ReadFrame()
			c.must(err)
			switch f := f.(type) {
			case *nethttp2.WindowUpdateFrame:
				if f.StreamID == 1 {
					t.Fatalf("credit of %d although no reply is sent", f.Increment)
				}
			case *nethttp2.PingFrame:
				answered = true
			}
		}
		c.must(c.WriteWindowUpdate(1, n*uint32(len(message))))
		c.must(c.WriteWindowUpdate(0, n*uint32(len(message))))
		credit := false
		for got := 0; got < n*len(message); {
			f, err := c.ReadFrame()
			c.must(err)
			switch f := f.(type) {
			case *nethttp2.WindowUpdateFrame:
				credit = credit || f.StreamID == 1
			case *nethttp2.DataFrame:
				got += len(f.Data())
			}
		}
		if c.must(c.WriteData(1, true, nil)); !credit && !strings.Contains(c.said(1), "ended") {
			t.Error("no credit after all replies are sent")
		}
	})
}
