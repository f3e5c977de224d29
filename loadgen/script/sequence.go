package script

// A sequence follows the numbers that a server gives to pushed messages, across the successive
// streams of one share. The zero value has seen none. It belongs to the current stream's
// receiver.
type sequence struct {
	base    uint64 // the number at position 0
	next    uint64 // the highest position, plus one
	started bool
}

// maxJump bounds how far ahead of the last message a number may be.
const maxJump = 1 << 20

// nextPosition returns the next position, for messages without a number.
func (s *sequence) nextPosition() uint64 {
	s.next++
	return s.next - 1
}

// restart makes n the number of the next message.
func (s *sequence) restart(n uint64) { s.base = n - s.next }

// position returns the position of the message numbered n. first reports whether it is the first
// of its stream. A server that continues after a broken stream omits lost numbers; one that
// restarts is treated as continuing.
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
