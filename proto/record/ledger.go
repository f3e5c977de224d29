// Package record counts and measures received messages. A Ledger per stream counts lost,
// duplicate, out-of-order and corrupt messages. A Recorder per goroutine adds lag,
// service and response times to the histograms of a Sink. The load generator records the
// messages that it receives, the server its uploads.
package record

// A Ledger tracks the sequence numbers of one stream, which starts at 0. It belongs to
// one goroutine. A message that arrives after 65,536 later ones counts as a duplicate and
// remains lost.
type Ledger struct {
	Tally
	// Steady holds the counts of the steady phase.
	Steady Tally `json:"steady_counts"`
	// Next is the next expected sequence number.
	Next uint64 `json:"next"`

	seen seen
	// The steady phase expected the sequence numbers in [from, to). from is valid if
	// entered is set, to if left is set.
	from, to      uint64
	entered, left bool
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

// Note counts an arrived message, due in the steady phase or not, and reports whether it is the first
// with this number.
func (l *Ledger) Note(seq uint64, steady bool) bool {
	if seq >= l.Next {
		l.enter(steady)
	}
	if seq == l.Next {
		if l.Lost > 0 {
			l.seen.advance(seq, seq)
		}
		l.seen.set(seq, true)
		l.Next++
		l.receive(steady)
		return true
	}
	return l.noteUnexpected(seq, steady)
}

// enter records the first sequence numbers in and after the steady phase.
func (l *Ledger) enter(steady bool) {
	switch {
	case steady && !l.entered:
		l.entered, l.from = true, l.Next
	case !steady && l.entered && !l.left:
		l.left, l.to = true, l.Next
	}
}

func (l *Ledger) receive(steady bool) {
	l.Received++
	if steady {
		l.Steady.Received++
	}
}

// NoteCorrupt counts a message with a wrong checksum.
func (l *Ledger) NoteCorrupt(steady bool) {
	l.Corrupt++
	if steady {
		l.Steady.Corrupt++
	}
}

// NoteWrong counts a noted message with unexpected content.
func (l *Ledger) NoteWrong(steady bool) {
	l.Wrong++
	if steady {
		l.Steady.Wrong++
	}
}

func (l *Ledger) noteUnexpected(seq uint64, steady bool) bool {
	switch {
	case seq > l.Next:
		l.Lost += seq - l.Next
		if steady {
			l.Steady.Lost += seq - l.Next
		}
		l.seen.advance(l.Next, seq)
		for s := max(l.Next, seq-min(seq, l.seen.size())); s < seq; s++ {
			l.seen.set(s, false)
		}
		l.seen.set(seq, true)
		l.Next = seq + 1
		l.receive(steady)
	case l.Next-seq > l.seen.size() || l.seen.has(seq):
		l.Duplicates++
		if steady {
			l.Steady.Duplicates++
		}
		return false
	default:
		l.seen.set(seq, true)
		l.receive(steady)
		l.receiveLate(seq, steady)
	}
	return true
}

// receiveLate counts a message that arrived after a later one and is no longer lost.
func (l *Ledger) receiveLate(seq uint64, steady bool) {
	l.OutOfOrder++
	if steady {
		l.Steady.OutOfOrder++
	}
	if l.Lost > 0 {
		l.Lost--
	}
	if expected := l.entered && seq >= l.from && (!l.left || seq < l.to); expected && l.Steady.Lost > 0 {
		l.Steady.Lost--
	}
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
