// Package quicnet has the parts of QUIC that clients and servers share: UDP sockets whose bytes are counted, and
// streams of WebTransport sessions as connections.
package quicnet

import (
	"net"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/net/ipv4"

	"rtbench/proto/eventloop"
)

// A Socket is a UDP socket whose bytes are counted: the datagrams, without the headers of UDP and IP. It has the
// methods by which quic-go reads and writes several datagrams in a system call.
type Socket struct {
	*net.UDPConn
	traffic   *eventloop.Traffic
	batch     *ipv4.PacketConn
	connected bool
	cut       atomic.Pointer[func()]
}

// quiet stops quic-go from writing to standard error that the kernel limits the buffers of a socket.
var quiet = sync.OnceFunc(func() { _ = os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true") })

// Count returns c with its bytes counted in t, which may count other connections as well.
func Count(c *net.UDPConn, t *eventloop.Traffic) *Socket {
	quiet()
	return &Socket{UDPConn: c, traffic: t, batch: ipv4.NewPacketConn(c), connected: c.RemoteAddr() != nil}
}

// ReadBatch reads datagrams. It works for IPv6 as well.
func (s *Socket) ReadBatch(into []ipv4.Message, flags int) (int, error) {
	n, err := s.batch.ReadBatch(into, flags)
	bytes := 0
	for _, m := range into[:max(0, n)] {
		bytes += m.N
	}
	s.traffic.Read.Add(uint64(bytes))
	return n, err
}

// ReadFrom implements net.PacketConn.
func (s *Socket) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := s.UDPConn.ReadFrom(p)
	s.traffic.Read.Add(uint64(max(0, n)))
	return n, from, err
}

// ReadMsgUDP reads a datagram, as that of net.UDPConn does.
func (s *Socket) ReadMsgUDP(p, control []byte) (n, controls, flags int, from *net.UDPAddr, err error) {
	n, controls, flags, from, err = s.UDPConn.ReadMsgUDP(p, control)
	s.traffic.Read.Add(uint64(max(0, n)))
	return n, controls, flags, from, err
}

// WriteTo implements net.PacketConn. A connected socket writes to its peer.
func (s *Socket) WriteTo(p []byte, to net.Addr) (n int, err error) {
	if s.connected {
		n, err = s.Write(p)
	} else {
		n, err = s.UDPConn.WriteTo(p, to)
	}
	s.traffic.Written.Add(uint64(max(0, n)))
	return n, err
}

// WriteMsgUDP writes a datagram, or several of the same size (generic segmentation offload). A connected socket writes
// to its peer.
func (s *Socket) WriteMsgUDP(p, control []byte, to *net.UDPAddr) (n, controls int, err error) {
	if s.connected {
		to = nil
	}
	n, controls, err = s.UDPConn.WriteMsgUDP(p, control, to)
	s.traffic.Written.Add(uint64(max(0, n)))
	return n, controls, err
}

// OnCut sets the function that Cut calls.
func (s *Socket) OnCut(f func()) { s.cut.Store(&f) }

// Cut ends the connection on the socket and tells the peer.
func (s *Socket) Cut() {
	if f := s.cut.Load(); f != nil {
		(*f)()
		return
	}
	_ = s.Close()
}
