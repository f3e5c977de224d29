// Package record holds what was measured: a Ledger for each stream, which counts
// lost, duplicate, out of order and corrupt messages, and a Recorder for each
// goroutine, which puts lag, service and response times into the histograms of a
// Sink. Both ends record by it: the generator what it receives, the server what
// is uploaded to it.
package record

// window is how far back a Ledger remembers which messages arrived. A message
// later than that is counted as a duplicate, and stays counted as lost.
const window = 1024

// A Ledger follows the sequence numbers of one stream. The zero value expects
// the stream to begin at sequence 0. It belongs to one goroutine.
type Ledger struct {
	// Received counts whole messages that arrived, each once.
	Received uint64
	// Lost counts sequence numbers that were passed over and have not arrived
	// since.
	Lost uint64
	// Duplicates counts messages that had arrived before.
	Duplicates uint64
	// OutOfOrder counts messages that arrived after a later one.
	OutOfOrder uint64
	// Corrupt counts messages whose checksum did not match. Their sequence
	// number cannot be trusted, so each is counted as lost too.
	Corrupt uint64

	next uint64
	seen [window / 64]uint64
}

// StartAt has the ledger expect seq first: a subscriber that joins a topic that
// runs already has not lost what came before.
func (l *Ledger) StartAt(seq uint64) { l.next = seq }

// Note takes the next message that arrived.
func (l *Ledger) Note(seq uint64) {
	if seq == l.next {
		l.mark(seq)
		l.next++
		l.Received++
		return
	}
	l.noteUnexpected(seq)
}

func (l *Ledger) noteUnexpected(seq uint64) {
	switch {
	case seq > l.next:
		l.Lost += seq - l.next
		for s := max(l.next, seq-min(seq, window)); s < seq; s++ {
			l.clear(s)
		}
		l.mark(seq)
		l.next = seq + 1
		l.Received++
	case l.next-seq > window || l.marked(seq):
		l.Duplicates++
	default:
		l.mark(seq)
		l.Received++
		l.OutOfOrder++
		if l.Lost > 0 {
			l.Lost--
		}
	}
}

// Close accounts for the end of the stream: planned is how many messages its
// sender sent, and those that did not arrive are lost.
func (l *Ledger) Close(planned uint64) {
	if planned > l.next {
		l.Lost += planned - l.next
		l.next = planned
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

func (l *Ledger) mark(seq uint64)        { l.seen[seq%window/64] |= 1 << (seq % 64) }
func (l *Ledger) clear(seq uint64)       { l.seen[seq%window/64] &^= 1 << (seq % 64) }
func (l *Ledger) marked(seq uint64) bool { return l.seen[seq%window/64]&(1<<(seq%64)) != 0 }
