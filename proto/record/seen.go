package record

// The initial and the maximal size of a seen, in messages.
const (
	window    = 256
	maxWindow = 1 << 16
)

// seen remembers which of a stream's last messages have arrived. It grows rather than
// forget a missing message, which may only be late.
type seen struct {
	first [window / 64]uint64
	more  []uint64 // replaces first after growing
}

// allSeen returns a seen for a stream of which all messages have arrived.
func allSeen() (s seen) {
	for i := range s.first {
		s.first[i] = ^uint64(0)
	}
	return s
}

func (s *seen) words() []uint64 {
	if s.more != nil {
		return s.more
	}
	return s.first[:]
}

func (s *seen) size() uint64 { return uint64(64 * len(s.words())) }

func (s *seen) has(seq uint64) bool {
	words := s.words()
	return words[seq/64&uint64(len(words)-1)]&(1<<(seq%64)) != 0
}

func (s *seen) set(seq uint64, arrived bool) {
	words := s.words()
	word := &words[seq/64&uint64(len(words)-1)]
	if arrived {
		*word |= 1 << (seq % 64)
	} else {
		*word &^= 1 << (seq % 64)
	}
}

// advance makes room for the numbers from next to seq.
func (s *seen) advance(next, seq uint64) {
	for s.size() < maxWindow && s.forgets(next, seq) {
		s.grow(next)
	}
}

// skip notes that the messages from next to before seq are missing.
func (s *seen) skip(next, seq uint64) {
	s.advance(next, seq)
	for n := max(next, seq-min(seq, s.size())); n < seq; n++ {
		s.set(n, false)
	}
}

// forgets reports whether a missing message would be forgotten between next and seq.
func (s *seen) forgets(next, seq uint64) bool {
	size := s.size()
	if seq-next >= size {
		return true
	}
	for n := max(next, size); n <= seq; n++ {
		if !s.has(n - size) {
			return true
		}
	}
	return false
}

// grow doubles the size. All messages forgotten so far have arrived.
func (s *seen) grow(next uint64) {
	old := seen{first: s.first, more: s.more}
	size := old.size()
	s.more = make([]uint64, 2*size/64)
	for i := range s.more {
		s.more[i] = ^uint64(0)
	}
	for n := next - min(next, size); n < next; n++ {
		s.set(n, old.has(n))
	}
}
