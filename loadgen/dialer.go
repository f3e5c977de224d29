package loadgen

import (
	"context"
	"net"
	"sync"

	"rtbench/proto/eventloop"
	"rtbench/report/result"
)

// A dialer counts the bytes of each connection separately, so that no connections share a
// cache line, and samples how long what they receive waits in the kernel.
type dialer struct {
	receipts *eventloop.Receipts

	mu      sync.Mutex
	traffic []*eventloop.Traffic
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	t := new(eventloop.Traffic)
	t.SampleReceipts(nc, d.receipts)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.traffic = append(d.traffic, t)
	return t.Count(nc), nil
}

// total returns the bytes of all connections so far.
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
