package loadgen

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"

	"rtbench/loadgen/relay"
	"rtbench/loadgen/route"
	"rtbench/proto"
	"rtbench/proto/eventloop"
	"rtbench/proto/quicnet"
	"rtbench/report/result"
	"rtbench/scenarios/cell"
)

// A dialer counts the bytes of each connection separately, so that connections do not contend
// for one counter, and samples how long what they receive waits in the kernel.
type dialer struct {
	receipts *eventloop.Receipts
	// buffer is the size of a connection's socket buffers in bytes; 0 for the system's, which grow to
	// megabytes. In a flood they are full, and should be before the warm-up ends.
	buffer int
	relay  *relay.Relay // of the emulated network; nil without one

	mu      sync.Mutex
	traffic [][]eventloop.Traffic // in blocks of blockOfTraffic: apart, they would lie among the objects of handshakes
}

// blockOfTraffic is the number of connections whose bytes are counted in one block.
const blockOfTraffic = 64

// floodBuffer returns the size of socket buffers for a job: small if one end sends as fast as it can.
func floodBuffer(j job) int {
	t := proto.Pattern(j.cell.Pattern).Traffic()
	if j.cell.Model == cell.Closed && j.cell.API == "" && t.ClientSends != t.ServerSends && !t.Asked {
		return 128 << 10
	}
	return 0
}

// A dialing opens a connection; see driver.Target.Dial.
type dialing = func(ctx context.Context, network, address string) (net.Conn, error)

// dial returns a dial for a group, which may have no name, over a route.
func (d *dialer) dial(group string, over *route.Route) dialing {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return d.connect(ctx, d.through(group, over, nil), network, address, func(tcp *net.TCPConn, t *eventloop.Traffic) error {
			t.SampleReceipts(tcp, d.receipts)
			if d.buffer == 0 {
				return nil
			}
			return errors.Join(tcp.SetReadBuffer(d.buffer), tcp.SetWriteBuffer(d.buffer))
		})
	}
}

// slow returns a dial for slow readers. How long their data waits in the kernel is no delay of the
// generator.
func (d *dialer) slow(pace *slowReading, over *route.Route) dialing {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := d.connect(ctx, d.through("", over, setSlowBuffer), network, address, func(*net.TCPConn, *eventloop.Traffic) error { return nil })
		if err != nil {
			return nil, err
		}
		return pace.conn(nc), nil
	}
}

// connect connects with a dial, and counts the bytes of the connection that set has prepared.
func (d *dialer) connect(ctx context.Context, dial dialing, network, address string, set func(*net.TCPConn, *eventloop.Traffic) error) (net.Conn, error) {
	nc, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	t := d.newTraffic()
	if tcp, ok := nc.(*net.TCPConn); ok {
		if err := set(tcp, t); err != nil {
			return nil, errors.Join(err, nc.Close())
		}
	}
	if udp, ok := nc.(*net.UDPConn); ok {
		return quicnet.Count(udp, t), nil
	}
	return t.Count(nc), nil
}

// newTraffic returns the counters of a connection.
func (d *dialer) newTraffic() *eventloop.Traffic {
	d.mu.Lock()
	defer d.mu.Unlock()
	last := len(d.traffic) - 1
	if last < 0 || len(d.traffic[last]) == blockOfTraffic {
		d.traffic = append(d.traffic, make([]eventloop.Traffic, 0, blockOfTraffic))
		last++
	}
	block := &d.traffic[last]
	*block = (*block)[:len(*block)+1]
	return &(*block)[len(*block)-1]
}

// through returns a dial over a route, and through the relay if there is one. control is that of a net.Dialer, and
// may be nil.
func (d *dialer) through(group string, over *route.Route, control func(network, address string, c syscall.RawConn) error) dialing {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if d.relay == nil {
			return over.Dial(ctx, control, network, address)
		}
		to, _ := over.Resolved(address)
		toRelay := &net.Dialer{Control: control}
		return d.relay.Connect(ctx, to, group, toRelay.DialContext)
	}
}

// total returns the bytes of all connections so far.
func (d *dialer) total() result.Wire {
	d.mu.Lock()
	defer d.mu.Unlock()
	var w result.Wire
	for _, block := range d.traffic {
		for i := range block {
			w.SentBytes += block[i].Written.Load()
			w.ReceivedBytes += block[i].Read.Load()
		}
	}
	return w
}
