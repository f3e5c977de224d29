package script

// A sequence is the numbers that a server gives the messages it sends by itself, over all
// streams of one share, one after the other. The zero value has seen none. It belongs to
// the receiver of the stream that is open.
type sequence struct {
	base    uint64 // the number of message 0
	next    uint64 // one beyond the last message
	started bool
}

// maxJump is how far ahead of the last message a number may be: one further is none.
const maxJump = 1 << 20

// nextPosition returns the next position, where messages have no number.
func (s *sequence) nextPosition() uint64 {
	s.next++
	return s.next - 1
}

// restart has the message numbered n be the next.
func (s *sequence) restart(n uint64) { s.base = n - s.next }

// position returns the position of the message numbered n, which is the first of its stream or
// not. A server that goes on where the stream before broke leaves out what was lost; one
// that begins anew is taken to go on with the next.
func (s *sequence) position(n uint64, first bool) (seq uint64, ok bool) {
	switch {
	case !s.started:
		s.base, s.started = n, true
	case first && (n < s.base+s.next || n-s.base-s.next > maxJump):
		s.base = n - s.next
	}
	if seq = n - s.base; seq > s.next+maxJump {
		return 0, false
	}
	s.next = max(s.next, seq+1)
	return seq, true
}
