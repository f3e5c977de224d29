package loadgen

import "time"

// lingerTime returns how long a closed loop that matches replies by order waits for messages
// after the last reply. If the server also pushes messages, one was taken for a reply, and
// another message follows within the longest time from a message to its reply.
func (r *repetition) lingerTime() (d time.Duration) {
	if r.open() || !r.job.matchesByOrder() {
		return 0
	}
	for _, e := range r.exchanges {
		d = max(d, 2*time.Duration(e.loopState.longestWait.Load()))
	}
	return d
}

// outstanding returns how many messages of the run may still arrive. It may be called while
// messages arrive, after the last send.
func (r *repetition) outstanding() uint64 {
	var n uint64
	for i, e := range r.exchanges {
		if !e.gone.Load() && (i > 0 || !r.excludesSender()) {
			n += r.traffic.outstanding(e)
		}
	}
	return n
}
