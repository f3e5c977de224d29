package server

import (
	"time"
)

// drainTimeout is how long a client may read nothing after its stream has ended, before the
// server closes the stream.
const drainTimeout = 2 * time.Second

// finish ends a stream: it tells the client, and closes the stream if the client does not
// leave after it has received all data.
func finish(st stream, gone <-chan struct{}) {
	_ = st.CloseSend()
	tick := time.NewTicker(drainTimeout)
	defer tick.Stop()
	for p := (sendProgress{}); ; {
		select {
		case <-gone:
			return
		case <-tick.C:
			if p.stalled(st) {
				_ = st.Close()
				return
			}
		}
	}
}

// sendProgress tracks a client after the end of its stream. Check it once per
// drainTimeout.
type sendProgress struct{ buffered int }

// stalled reports whether the client has received everything, or nothing since the last
// call.
func (p *sendProgress) stalled(st stream) bool {
	before := p.buffered
	p.buffered = st.Buffered()
	return p.buffered == 0 || p.buffered == before
}
