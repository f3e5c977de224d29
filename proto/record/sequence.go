package record

// A Sequence tracks the sequence numbers of one stream, which starts at 0. It belongs to
// one goroutine. A message that arrives after 65,536 later ones counts as a duplicate and
// remains lost. It takes little memory while each message arrives once, intact and in order.
// The zero value is ready to use.
type Sequence struct {
	next             uint64 // expected
	received, steady uint64 // distinct intact messages, in all phases and in the steady one
	// The steady phase expected the sequence numbers in [from, to). from is valid if
	// entered is set, to if left is set.
	from, to      uint64
	entered, left bool
	flaws         *flaws // nil: none
}

// flaws are the counts of messages that did not arrive once, intact and in order, and those of
// received ones that tell them apart.
type flaws struct {
	all, steady Tally // without Received
	seen        seen
}

// Ledger returns the counts so far.
func (q *Sequence) Ledger() Ledger {
	l := Ledger{Next: q.next}
	if f := q.flaws; f != nil {
		l.Tally, l.Steady = f.all, f.steady
	}
	l.Received, l.Steady.Received = q.received, q.steady
	return l
}

// Next returns the next expected sequence number.
func (q *Sequence) Next() uint64 { return q.next }

// Received returns Ledger().Received.
func (q *Sequence) Received() uint64 { return q.received }

// Lost returns Ledger().Lost.
func (q *Sequence) Lost() uint64 {
	if q.flaws == nil {
		return 0
	}
	return q.flaws.all.Lost
}

// Corrupt returns Ledger().Corrupt.
func (q *Sequence) Corrupt() uint64 {
	if q.flaws == nil {
		return 0
	}
	return q.flaws.all.Corrupt
}

// Note counts an arrived message, due in the steady phase or not, and reports whether it is the first
// with this number.
func (q *Sequence) Note(seq uint64, steady bool) bool {
	if seq >= q.next {
		q.enter(steady)
	}
	if seq == q.next {
		if q.flaws != nil {
			q.flaws.noteNext(seq)
		}
		q.next++
		q.receive(steady)
		return true
	}
	return q.noteUnexpected(seq, steady)
}

// enter records the first sequence numbers in and after the steady phase.
func (q *Sequence) enter(steady bool) {
	switch {
	case steady && !q.entered:
		q.entered, q.from = true, q.next
	case !steady && q.entered && !q.left:
		q.left, q.to = true, q.next
	}
}

func (q *Sequence) receive(steady bool) {
	q.received++
	if steady {
		q.steady++
	}
}

// NoteCorrupt counts a message with a wrong checksum.
func (q *Sequence) NoteCorrupt(steady bool) {
	q.count(steady, func(t *Tally) { t.Corrupt++ })
}

// NoteWrong counts a noted message with unexpected content.
func (q *Sequence) NoteWrong(steady bool) {
	q.count(steady, func(t *Tally) { t.Wrong++ })
}

// count adds a flaw to the counts of its phases.
func (q *Sequence) count(steady bool, add func(*Tally)) {
	f := q.flawed()
	add(&f.all)
	if steady {
		add(&f.steady)
	}
}

// flawed returns q.flaws, and makes them if all messages up to the next one have arrived once.
func (q *Sequence) flawed() *flaws {
	if q.flaws == nil {
		q.flaws = &flaws{seen: allSeen()}
	}
	return q.flaws
}

// noteNext notes a message that arrives in order.
func (f *flaws) noteNext(seq uint64) {
	if f.all.Lost > 0 {
		f.seen.advance(seq, seq)
	}
	f.seen.set(seq, true)
}

func (q *Sequence) noteUnexpected(seq uint64, steady bool) bool {
	seen := &q.flawed().seen
	switch {
	case seq > q.next:
		missing := seq - q.next
		q.count(steady, func(t *Tally) { t.Lost += missing })
		seen.skip(q.next, seq)
		seen.set(seq, true)
		q.next = seq + 1
		q.receive(steady)
	case q.next-seq > seen.size() || seen.has(seq):
		q.count(steady, func(t *Tally) { t.Duplicates++ })
		return false
	default:
		seen.set(seq, true)
		q.receive(steady)
		q.receiveLate(seq, steady)
	}
	return true
}

// receiveLate counts a message that arrived after a later one and is no longer lost.
func (q *Sequence) receiveLate(seq uint64, steady bool) {
	q.count(steady, func(t *Tally) { t.OutOfOrder++ })
	f := q.flaws
	if f.all.Lost > 0 {
		f.all.Lost--
	}
	if expected := q.entered && seq >= q.from && (!q.left || seq < q.to); expected && f.steady.Lost > 0 {
		f.steady.Lost--
	}
}
