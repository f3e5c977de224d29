package server

import (
	"time"
)

// grace is how long the server waits, having sent all it had, for the peer to
// end the stream.
const grace = 2 * time.Second

// finish ends a stream from the server's side: the client is told, and has some time
// to leave, once it has what was sent.
func finish(st stream, gone <-chan struct{}) {
	_ = st.CloseSend()
	tick := time.NewTicker(grace)
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

// sendProgress is had with a client that has been told the end. It is asked once in each
// grace.
type sendProgress struct{ buffered int }

// over says that the client has all that was sent, or has taken nothing of it since it
// was last asked, and still has not left.
func (p *sendProgress) stalled(st stream) bool {
	before := p.buffered
	p.buffered = st.Buffered()
	return p.buffered == 0 || p.buffered == before
}
