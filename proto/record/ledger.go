// Package record holds what was measured: a Ledger for each stream, which counts
// lost, duplicate, out of order and corrupt messages, and a Recorder for each
// goroutine, which puts lag, service and response times into the histograms of a
// Sink. Both ends record by it: the generator what it receives, the server what
// is uploaded to it.
package record

// A Ledger follows the sequence numbers of one stream. The zero value expects
// the stream to begin at sequence 0. It belongs to one goroutine. A message that arrives
// after 65,536 later ones counts as a duplicate, and stays counted as lost.
type Ledger struct {
	Tally
	// Steady has the counts of the steady phase alone.
	Steady Tally `json:"steady_counts"`
	// Next is the sequence number that is expected next.
	Next uint64 `json:"next"`

	seen seen
	// The sequence numbers in [from, to) were expected in the steady phase: from is set
	// once entered is, and to once left is.
	from, to      uint64
	entered, left bool
}

// A Tally has the counts of one phase. A message belongs to the phase in which it was due.
type Tally struct {
	// Received counts whole messages that arrived, each once.
	Received uint64 `json:"received"`
	// Lost counts sequence numbers that were passed over and have not arrived
	// since.
	Lost uint64 `json:"lost"`
	// Duplicates counts messages that had arrived before.
	Duplicates uint64 `json:"duplicates"`
	// OutOfOrder counts messages that arrived after a later one.
	OutOfOrder uint64 `json:"out_of_order"`
	// Corrupt counts messages whose checksum did not match. Their sequence
	// number cannot be trusted, so Lost may count them too.
	Corrupt uint64 `json:"corrupt"`
	// Wrong counts those received that did not have the expected content.
	Wrong uint64 `json:"wrong"`
}

// Note takes the next message that arrived and says whether it is the first time.
func (l *Ledger) Note(seq uint64) bool { return l.NoteIn(seq, false) }

// NoteIn is Note of a message that was due in the steady phase, or was not.
func (l *Ledger) NoteIn(seq uint64, steady bool) bool {
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

// enter notes the first sequence numbers of and after the steady phase.
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

// NoteCorrupt counts a message whose checksum did not match.
func (l *Ledger) NoteCorrupt(steady bool) {
	l.Corrupt++
	if steady {
		l.Steady.Corrupt++
	}
}

// NoteWrong counts a message, noted already, that did not have the expected content.
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

// receiveLate counts a message that arrived after a later one: it is not lost after all.
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

// Close accounts for the end of the stream: planned is how many messages its
// sender sent, and those that did not arrive are lost.
func (l *Ledger) Close(planned uint64) {
	if planned > l.Next {
		l.Lost += planned - l.Next
		l.Next = planned
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
