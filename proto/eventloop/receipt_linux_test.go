package eventloop

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rtbench/proto/clock"
)

// stampTries bounds the wait for the kernel's first stamp, which takes some ten messages.
const stampTries = 100_000

// tcpPair returns the two ends of a connection over loopback and the descriptor of the first, which
// the kernel stamps.
func tcpPair(t testing.TB) (fd uintptr, peer net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if peer, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	if !stampReceipts(nc) {
		t.Skip("this kernel stamps no receipts")
	}
	raw, err := nc.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(s uintptr) { fd = s }); err != nil {
		t.Fatal(err)
	}
	// The kernel begins to stamp some time after the first socket asks for it.
	var r receipt
	tries := 0
	for buf := make([]byte, 1); ; tries++ {
		if tries == stampTries {
			t.Skip("this kernel stamps no receipts")
		}
		if _, err := peer.Write(buf); err != nil {
			t.Fatal(err)
		}
		if _, _, _, known, _ := r.recv(fd, buf, 0); known {
			return fd, peer
		}
	}
}

// A message that is read late has waited in the kernel for as long.
func TestReceiptOfALateRead(t *testing.T) {
	fd, peer := tcpPair(t)
	var r receipt
	buf := make([]byte, 64)
	for _, late := range []time.Duration{0, 30 * time.Millisecond} {
		before := clock.Now()
		if _, err := peer.Write([]byte("message")); err != nil {
			t.Fatal(err)
		}
		written := clock.Now()
		for time.Duration(clock.Now()-written) < late {
			time.Sleep(late)
		}
		started := clock.Now()
		n, at, waited, known, errno := r.recv(fd, buf, 0)
		if errno != 0 || n != 7 || !known {
			t.Fatalf("%d bytes, known %v: %v", n, known, errno)
		}
		// The kernel received it during the write, and returned it during the read.
		const slewed = time.Millisecond // the system clock, in between
		if least, most := time.Duration(started-written)-slewed, time.Duration(at-before)+slewed; waited < least || waited > most {
			t.Errorf("read %v late: waited %v, want %v to %v", late, waited, least, most)
		}
	}
}

func TestReceiptDoesNotAllocate(t *testing.T) {
	fd, peer := tcpPair(t)
	r, buf, message := new(receipt), make([]byte, 64), make([]byte, 16)
	if n := testing.AllocsPerRun(100, func() {
		_, _ = peer.Write(message)
		r.recv(fd, buf, 0)
	}); n != 0 {
		t.Errorf("%v allocations per read", n)
	}
}

func BenchmarkReceipt(b *testing.B) {
	for _, timed := range []bool{false, true} {
		name := "recvfrom"
		if timed {
			name = "timed"
		}
		b.Run(name, func(b *testing.B) {
			fd, peer := tcpPair(b)
			r, buf, message := new(receipt), make([]byte, 64), make([]byte, 16)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = peer.Write(message)
				if timed {
					r.recv(fd, buf, 0)
				} else {
					_, _, _ = unix.Recvfrom(int(fd), buf, 0)
					_ = clock.Now()
				}
			}
		})
	}
}
