// Package record counts and measures received messages. A Sequence per stream counts lost,
// duplicate, out-of-order and corrupt messages. A Recorder per goroutine adds lag,
// service and response times to the histograms of a Sink. The load generator records the
// messages that it receives, the server its uploads.
package record

// A Ledger holds the counts of a stream's messages, or of those of several streams.
type Ledger struct {
	Tally
	// Steady holds the counts of the steady phase.
	Steady Tally `json:"steady_counts"`
	// Next is the next expected sequence number of a stream.
	Next uint64 `json:"next"`
}

// A Tally holds the counts of one phase. A message belongs to the phase in which it was
// due.
type Tally struct {
	// Received counts distinct intact messages.
	Received uint64 `json:"received"`
	// Lost counts skipped sequence numbers that have not arrived since.
	Lost uint64 `json:"lost"`
	// Duplicates counts messages that had arrived before.
	Duplicates uint64 `json:"duplicates"`
	// OutOfOrder counts messages that arrived after a later one.
	OutOfOrder uint64 `json:"out_of_order"`
	// Corrupt counts messages with a wrong checksum. Their sequence number is unreliable,
	// so Lost may include them.
	Corrupt uint64 `json:"corrupt"`
	// Wrong counts received messages with unexpected content.
	Wrong uint64 `json:"wrong"`
}

// Close accounts for the end of the stream: of planned sent messages, those that have not
// arrived are lost.
func (l *Ledger) Close(planned uint64) {
	if planned > l.Next {
		l.Lost += planned - l.Next
		l.Next = planned
	}
}

// Outside returns the counts outside of the steady phase.
func (l *Ledger) Outside() Tally {
	t, s := l.Tally, &l.Steady
	return Tally{
		Received: t.Received - s.Received, Lost: t.Lost - min(t.Lost, s.Lost), Duplicates: t.Duplicates - s.Duplicates,
		OutOfOrder: t.OutOfOrder - s.OutOfOrder, Corrupt: t.Corrupt - s.Corrupt, Wrong: t.Wrong - s.Wrong,
	}
}

// Add adds the counts of another ledger.
func (l *Ledger) Add(o *Ledger) {
	l.add(&o.Tally)
	l.Steady.add(&o.Steady)
}

func (t *Tally) add(o *Tally) {
	t.Received += o.Received
	t.Lost += o.Lost
	t.Duplicates += o.Duplicates
	t.OutOfOrder += o.OutOfOrder
	t.Corrupt += o.Corrupt
	t.Wrong += o.Wrong
}
