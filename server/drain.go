package server

import (
	"time"
)

// drainTimeout is how long a client may read nothing after its stream has ended, before the
// server closes the stream.
const drainTimeout = 2 * time.Second

// drain ends a stream: it tells the client, and later closes the stream if the client does not leave
// although it has received all data, or has stopped reading.
func drain(st stream, gone <-chan struct{}) {
	_ = st.CloseSend()
	closeStalled(st, gone, 0)
}

// closeStalled closes a stream after drainTimeout, or later if the client is still reading: then the
// number of bytes to be written differs from before.
func closeStalled(st stream, gone <-chan struct{}, before int) {
	time.AfterFunc(drainTimeout, func() {
		select {
		case <-gone:
			return
		default:
		}
		if left := st.Buffered(); left != 0 && left != before {
			closeStalled(st, gone, left)
			return
		}
		_ = st.Close()
	})
}
