package record

// A peek is a copy of a sink's counts, kept to be used again.
type peek struct {
	kinds [kinds]sums
	low   sums
	out   Histograms
}

func newPeek() *peek {
	p := &peek{low: newSums(), out: NewHistograms()}
	for i := range p.kinds {
		p.kinds[i] = newSums()
	}
	return p
}

// Peek returns the histograms that Totals returns, in memory that the next Peek uses again: the two must not be
// used at the same time. Looking several times a second would otherwise take time from the messages, since new
// memory of 2.5 MB costs more than the copy.
func (s *Sink) Peek() Histograms {
	s.mu.Lock()
	if s.merged != nil {
		defer s.mu.Unlock()
		return s.totals()
	}
	if s.peek == nil {
		s.peek = newPeek()
	}
	p := s.peek
	for i := range p.kinds {
		s.total[i].copyTo(&p.kinds[i])
		s.now[i].sumIn(&p.kinds[i])
	}
	p.out.Clamped = s.clamped
	s.mu.Unlock()
	p.convert()
	return p.out
}

// convert makes the histograms of the copied counts.
func (p *peek) convert() {
	p.kinds[service].copyTo(&p.low)
	least, long := &p.kinds[least], &p.kinds[long]
	p.low.includes(least.lo, least.hi)
	for i := p.low.lo; i < p.low.hi; i++ {
		p.low.n[i] += least.n[i] - long.n[i]
	}
	p.kinds[lag].recordIn(p.out.Lag)
	p.kinds[service].recordIn(p.out.Service)
	p.kinds[response].recordIn(p.out.Response)
	p.low.recordIn(p.out.Low)
}
