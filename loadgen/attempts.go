package loadgen

import (
	"errors"
	"sync/atomic"

	"rtbench/loadgen/driver"
)

// The indexes of counts by phase: a message belongs to the steady phase if it was due in it.
const (
	outside = iota
	steady
)

// attempts counts the messages of one phase that a sender took up. Its sender counts, anyone
// may read.
type attempts struct {
	due      atomic.Uint64 // taken up, sent or not
	sent     atomic.Uint64 // sent
	rejected atomic.Uint64 // sent and answered by an error
	// refused counts messages that were not sent and of which the failed call is counted by
	// its class.
	refused atomic.Uint64
}

// count counts a message whose Send on l returned err.
func (a *attempts) count(l *activeStream, err error) {
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
	case driver.SendWaits(l.stream): // the server may have it: only the answer is missing
		a.sent.Add(1)
	}
}

// sent returns how many messages were sent in the whole repetition.
func (e *exchange) sent() uint64 {
	return e.attempts[steady].sent.Load() + e.attempts[outside].sent.Load()
}

// rejected returns how many of those were answered by an error.
func (e *exchange) rejected() uint64 {
	return e.attempts[steady].rejected.Load() + e.attempts[outside].rejected.Load()
}

// messageCounts are messages of an exchange up to a moment.
type messageCounts struct{ sent, answered, rejected uint64 }

func (e *exchange) counts() messageCounts {
	return messageCounts{e.sent(), e.answered.Load(), e.rejected()}
}

// failedSends returns how many Sends failed for the message's sake, not the stream's.
func (e *exchange) failedSends() uint64 {
	return e.rejected() + e.attempts[steady].refused.Load() + e.attempts[outside].refused.Load()
}

func (r *repetition) attempted(count func(*attempts) uint64) (sum uint64) {
	for _, e := range r.exchanges {
		sum += count(&e.attempts[steady])
	}
	return sum
}
