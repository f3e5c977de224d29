package loadgen

import (
	"context"
	"net"
	"sync"

	"rtbench/proto/eventloop"
	"rtbench/report/result"
)

// A dialer makes connections that count their bytes, each for itself, so that
// counting costs no shared cache line.
type dialer struct {
	mu      sync.Mutex
	traffic []*eventloop.Traffic
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	t := new(eventloop.Traffic)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.traffic = append(d.traffic, t)
	return t.Count(nc), nil
}

// total is what all connections have carried so far.
func (d *dialer) total() result.Wire {
	d.mu.Lock()
	defer d.mu.Unlock()
	var w result.Wire
	for _, t := range d.traffic {
		w.SentBytes += t.Written.Load()
		w.ReceivedBytes += t.Read.Load()
	}
	return w
}
