package server

// A messageOrder decides which messages of a stream are lost, duplicated and swapped. It
// counts from 1 and is pure.
type messageOrder[T any] struct {
	fault     Fault
	n         uint64
	held, out []T
}

// next takes the next message and returns the messages to deliver now, in order. They are
// valid until the next call.
func (q *messageOrder[T]) next(m T) []T {
	q.n++
	q.out = q.out[:0]
	if !q.hits(q.fault.lose) {
		q.out = append(q.out, m)
		if q.hits(q.fault.duplicate) {
			q.out = append(q.out, m)
		}
		if q.hits(q.fault.swaps) {
			q.held, q.out = q.out, q.held[:0]
			return nil
		}
	}
	q.out = append(q.out, q.held...)
	q.held = q.held[:0]
	return q.out
}

func (q *messageOrder[T]) hits(every uint64) bool { return every > 0 && q.n%every == 0 }

// flush returns a message that still waits for its successor at the end.
func (q *messageOrder[T]) flush() []T {
	rest := q.held
	q.held = nil
	return rest
}
