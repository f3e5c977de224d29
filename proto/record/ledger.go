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
	// number cannot be trusted, so each is counted as lost too.
	Corrupt uint64 `json:"corrupt"`
	// Next is the sequence number that is expected next.
	Next uint64 `json:"next"`

	seen seen
}

// Note takes the next message that arrived and says whether it is the first time.
func (l *Ledger) Note(seq uint64) bool {
	if seq == l.Next {
		if l.Lost > 0 {
			l.seen.advance(seq, seq)
		}
		l.seen.set(seq, true)
		l.Next++
		l.Received++
		return true
	}
	return l.noteUnexpected(seq)
}

func (l *Ledger) noteUnexpected(seq uint64) bool {
	switch {
	case seq > l.Next:
		l.Lost += seq - l.Next
		l.seen.advance(l.Next, seq)
		for s := max(l.Next, seq-min(seq, l.seen.size())); s < seq; s++ {
			l.seen.set(s, false)
		}
		l.seen.set(seq, true)
		l.Next = seq + 1
		l.Received++
	case l.Next-seq > l.seen.size() || l.seen.has(seq):
		l.Duplicates++
		return false
	default:
		l.seen.set(seq, true)
		l.Received++
		l.OutOfOrder++
		if l.Lost > 0 {
			l.Lost--
		}
	}
	return true
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
	l.Received += o.Received
	l.Lost += o.Lost
	l.Duplicates += o.Duplicates
	l.OutOfOrder += o.OutOfOrder
	l.Corrupt += o.Corrupt
}
