package session

import (
	"errors"
	"sync/atomic"

	"rtbench/loadgen/driver"
)

// Indexes of counts by phase. A message belongs to the phase in which it was due.
const (
	outside = iota
	steady
)

// attempts counts a sender's messages of one phase. Only the sender writes.
type attempts struct {
	due      atomic.Uint64 // due, sent or not
	sent     atomic.Uint64 // sent
	rejected atomic.Uint64 // sent and answered with an error
	// refused counts messages that were not sent because the call failed. The failure is also
	// counted by class.
	refused atomic.Uint64
}

// count counts a message after Send returned err.
func (a *attempts) count(st *driver.Stream, err error) {
	a.due.Add(1)
	if err == nil {
		a.sent.Add(1)
		return
	}
	answered := errors.Is(err, driver.ErrMessageFailed)
	switch {
	case errors.Is(err, driver.ErrNotSent):
		if answered {
			a.refused.Add(1)
		}
	case answered:
		a.sent.Add(1)
		a.rejected.Add(1)
	case st.SendWaits: // the server may have it; only the reply is missing
		a.sent.Add(1)
	}
}

// attempted sums a count of the steady phase.
func attempted(list []*Session, count func(*attempts) uint64) (sum uint64) {
	for _, e := range list {
		sum += count(&e.attempts[steady])
	}
	return sum
}
