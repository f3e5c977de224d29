//go:build linux

package acceptance

import (
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rtbench/internal/testrun"
	"rtbench/report/result"
)

// A packet is a TCP segment with a payload, as captured on the loopback interface.
type packet struct {
	at       int64 // nanoseconds of the system clock
	from, to uint16
	payload  int
}

// A capture receives the packets of the loopback interface (packet(7)).
type capture struct {
	fd      int
	packets []packet
	stop    func() // packets may be read after it
	ended   chan struct{}
}

// startCapture skips the test where capturing is not permitted.
func startCapture(t *testing.T) *capture {
	t.Helper()
	loopback, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skip(err)
	}
	const ip = unix.ETH_P_IP>>8 | unix.ETH_P_IP<<8&0xff00 // in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, ip)
	if err != nil {
		t.Skip("capturing packets is not permitted:", err)
	}
	c := &capture{fd: fd, ended: make(chan struct{})}
	wait := unix.NsecToTimeval(int64(100 * time.Millisecond))
	if err := errFirst(
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: ip, Ifindex: loopback.Index}),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait),
	); err != nil {
		_ = unix.Close(fd)
		t.Skip("capturing packets:", err)
	}
	stop := make(chan struct{})
	go c.run(stop)
	c.stop = sync.OnceFunc(func() {
		close(stop)
		<-c.ended
	})
	t.Cleanup(c.stop)
	return c
}

func errFirst(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *capture) run(stop <-chan struct{}) {
	defer close(c.ended)
	defer func() { _ = unix.Close(c.fd) }()
	buf, control := make([]byte, 1<<16), make([]byte, 256)
	for {
		n, oobn, _, from, err := unix.Recvmsg(c.fd, buf, control, 0)
		select {
		case <-stop:
			return
		default:
		}
		link, ok := from.(*unix.SockaddrLinklayer)
		if err != nil || !ok || link.Pkttype != unix.PACKET_HOST {
			continue
		}
		if p, ok := parsePacket(buf[:n], control[:oobn]); ok {
			c.packets = append(c.packets, p)
		}
	}
}

// parsePacket parses an IPv4 packet and the control message with its time.
func parsePacket(b, control []byte) (p packet, ok bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil || len(b) < 20 || b[9] != unix.IPPROTO_TCP {
		return p, false
	}
	for _, m := range messages {
		if m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			p.at = int64(binary.NativeEndian.Uint64(m.Data))*1e9 + int64(binary.NativeEndian.Uint64(m.Data[8:]))
		}
	}
	header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if len(b) < header+20 || p.at == 0 {
		return p, false
	}
	tcp := b[header:]
	p.from, p.to = binary.BigEndian.Uint16(tcp), binary.BigEndian.Uint16(tcp[2:])
	p.payload = total - header - int(tcp[12]>>4)*4
	return p, p.payload > 0
}

// roundTrips returns the times from a message to its reply on the wire. Messages and replies have at least
// size bytes, and one connection has one message under way. all means that replies come on another
// connection, and that one message is under way in all.
func roundTrips(packets []packet, server uint16, size int, all bool) (out []time.Duration) {
	sent := map[uint16]int64{}
	for _, p := range packets {
		client := p.from
		if p.from == server {
			client = p.to
		}
		if all {
			client = 0
		}
		switch {
		case p.payload < size:
		case p.to == server:
			sent[client] = p.at
		case p.from == server && sent[client] != 0:
			out = append(out, time.Duration(p.at-sent[client]))
			delete(sent, client)
		}
	}
	return out
}

// What a packet capture shows lies within the bounds of rtbench: from WireLow to the response time.
func TestWireLiesWithinBounds(t *testing.T) {
	testrun.OnlyWithAll(t)
	const size = 256
	for _, protocol := range []string{"websocket", "sse", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			var r *result.Repetition
			var trips []time.Duration
			// On a busy machine messages may share a segment.
			for range 5 {
				if r, trips = captureRun(t, protocol, size); len(trips) >= int(r.Counters.Recorded)*99/100 {
					break
				}
			}
			if len(trips) < int(r.Counters.Recorded)*99/100 {
				t.Fatalf("%d round trips captured of %d", len(trips), r.Counters.Recorded)
			}
			trips = trips[max(0, len(trips)-int(r.Counters.Recorded)):]
			slices.Sort(trips)
			for _, p := range []float64{50, 90, 99} {
				wire := trips[int(p/100*float64(len(trips)-1))]
				low, known := r.WireLow(p)
				_, high := r.Bounds(p)
				t.Logf("p%g: wire %v, bounds %v (%t) to %v, service %v", p, wire, low, known, high, r.Service.Quantile(p))
				if !known || wire < low || wire > high {
					t.Errorf("p%g: %v on the wire, bounds %v (known: %t) to %v", p, wire, low, known, high)
				}
			}
		})
	}
}

// captureRun captures what a run sends and receives.
func captureRun(t *testing.T, protocol string, size int) (*result.Repetition, []time.Duration) {
	t.Helper()
	info := serve(t)
	c := startCapture(t)
	s := newSession(t, nil)
	s.write("s.yaml", fmt.Sprintf(`{name: x, target: %q, protocols: %s, pattern: echo, payload: {size: %d},
		load: {rate: 250/s, connections: 1}, phases: {warmup: 400ms, steady: 2s}, repetitions: 1}`, info.Control, protocol, size))
	r := s.rtbench("run", "s.yaml", "--quiet", "--out", "r").only()
	c.stop()
	_, port, _ := net.SplitHostPort(info.Addresses[protocol])
	server, _ := strconv.ParseUint(port, 10, 16)
	return r, roundTrips(c.packets, uint16(server), size, protocol == "sse")
}
