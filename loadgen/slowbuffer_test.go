//go:build unix

package loadgen

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rtbench/loadgen/route"
	"rtbench/scenarios/cell"
)

// tcpBelow returns the TCP connection below nc.
func tcpBelow(nc net.Conn) net.Conn {
	for {
		switch c := nc.(type) {
		case *slowConn:
			nc = c.Conn
		case interface{ NetConn() net.Conn }:
			nc = c.NetConn()
		default:
			return nc
		}
	}
}

// bufferSizes returns the size of both buffers of a socket.
func bufferSizes(nc net.Conn) (bytes int) {
	raw, err := nc.(*net.TCPConn).SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		for _, option := range []int{unix.SO_SNDBUF, unix.SO_RCVBUF} {
			size, _ := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, option)
			bytes += size
		}
	})
	return bytes
}

// A server that writes as fast as it can is held back by a slow reader: all its bytes are read or in the buffers of
// the two sockets. Once reads are not paced, everything arrives.
func TestBackpressure(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var written atomic.Int64
	ends := make(chan int, 1) // sizes of the server's buffer, as the kernel has it
	over := make(chan struct{})
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		_ = nc.(*net.TCPConn).SetWriteBuffer(32 << 10)
		ends <- bufferSizes(nc)
		for b := make([]byte, 1<<10); ; {
			select {
			case <-over:
				return
			default:
			}
			if n, err := nc.Write(b); err == nil {
				written.Add(int64(n))
			}
		}
	}()
	const rate = 64 << 10
	pace, d := newSlowReading(cell.Reading{Rate: rate}), new(dialer)
	pace.start(1)
	nc, err := d.slow(pace, new(route.Route))(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	// A socket takes a write while it has room, so that its last segment may exceed the size.
	buffers, read := int64(2*(<-ends+bufferSizes(tcpBelow(nc)))), int64(0)
	begun := time.Now()
	for b := make([]byte, 4<<10); read < rate/2; {
		n, err := nc.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		sent := written.Load()
		read += int64(n)
		if most := rate*(time.Since(begun).Seconds()+float64(maxMadeUp)/1e9) + rate/100; float64(read) > most || sent > read+buffers {
			t.Fatalf("after %v: read %d, want at most %.0f; the server wrote %d, want at most %d more", time.Since(begun), read, most, sent, buffers)
		}
	}
	close(over)
	pace.stop()
	rest, err := io.Copy(io.Discard, nc)
	if sent := written.Load(); err != nil || read+rest < sent || read+rest > sent+1<<10 {
		t.Errorf("read %d of %d bytes: %v", read+rest, sent, err)
	}
}
