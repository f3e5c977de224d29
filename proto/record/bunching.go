package record

import "sync/atomic"

// bunching bounds how much a late sender lengthened service times. Messages that should
// have left one after the other leave together after a pause, and then queue at the server.
//
// In a queue served in order, message n waits max(0, maxₖ(work of k…n−1 − (Aₙ−Aₖ))) for
// arrival times A (Lindley 1952). Sent on time, with Aₙ−lagₙ in place of Aₙ, it would have
// waited less by at most maxₖ(lagₖ − lagₙ) over the earlier messages k of its busy period.
// A server that is used up to two thirds works off the backlog of a pause so fast that the
// excess is always below the pause less half the time since. So the excess of a message is
// bounded by the largest earlier lag, less half the time since then, less its own lag.
//
// The zero value is ready to use. Its methods may be called from any goroutine.
type bunching struct {
	// latest is the time and the lag of the message that bounds later ones, in units of
	// 1,024 ns. The time is cut to 40 bits and wraps around every 13 days.
	latest atomic.Uint64
}

const (
	unitBits = 10
	lagBits  = 24 // 17 s
	maxLag   = 1<<lagBits - 1
)

// excess returns by how many units the service time of a message may be too long.
func (b *bunching) excess(intended, sent int64) uint32 {
	lag := max(0, sent-intended)
	before, now := b.latest.Load(), uint64(sent)>>unitBits<<lagBits
	var left int64
	if before != 0 {
		since := int64(now-before&^maxLag) >> lagBits
		if since < 0 {
			return 0 // sent before
		}
		left = max(0, (int64(before&maxLag)-since/2)<<unitBits)
	}
	// Only a lag that is an eighth longer is stored, so that threads rarely write; and what
	// was not stored is allowed for.
	if lag-left > lag/8 && lag >= 1<<unitBits {
		b.latest.Store(now | uint64(min(lag>>unitBits, maxLag)))
		return 0
	}
	return uint32((max(0, left+left/7-lag) + 1<<unitBits - 1) >> unitBits)
}
