package server

// A delivery is a message and the number of times it is sent: 0 if it is lost.
type delivery[T any] struct {
	message T
	copies  int
}

// A messageOrder decides which messages of a stream are lost, duplicated and swapped. It
// counts from 1 and is pure.
type messageOrder[T any] struct {
	fault Fault
	n     uint64
	held  []delivery[T]
	out   []delivery[T]
}

// next takes the next message and returns the messages to deliver now, in order. They are
// valid until the next call.
func (q *messageOrder[T]) next(m T) []delivery[T] {
	q.n++
	next := delivery[T]{m, 1}
	if q.hits(q.fault.duplicate) {
		next.copies = 2
	}
	if q.hits(q.fault.lose) {
		next.copies = 0
	}
	q.out = append(q.out[:0], next)
	if q.hits(q.fault.swaps) && next.copies > 0 {
		q.held, q.out = q.out, q.held[:0]
		return nil
	}
	q.out = append(q.out, q.held...)
	q.held = q.held[:0]
	return q.out
}

func (q *messageOrder[T]) hits(every uint64) bool { return every > 0 && q.n%every == 0 }

// flush returns a message that still waits for its successor at the end.
func (q *messageOrder[T]) flush() []delivery[T] {
	rest := q.held
	q.held = nil
	return rest
}
