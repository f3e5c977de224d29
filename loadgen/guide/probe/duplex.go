package probe

import (
	"fmt"
	"sync"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
)

// A duplexRun records when messages were sent on a stream and when their replies arrived.
// Replies arrive in the order of the messages.
type duplexRun struct {
	sentAt, receivedAt []time.Time
	sendTimes          []time.Duration // duration of each Send
	firstReply         chan struct{}   // closed at the first reply, or at the end if there is none
}

// runDuplex sends messages back to back while it receives the replies, and returns once all
// have arrived. Halfway it waits for the first reply; otherwise a busy machine could send
// everything before the first reply arrives.
func runDuplex(e *echo, count int) (*duplexRun, error) {
	x := &duplexRun{firstReply: make(chan struct{})}
	return x, e.exchange(func() error { return x.send(e, count) }, func() error { return x.receive(e, count) })
}

func (x *duplexRun) send(e *echo, count int) error {
	m := proto.NewMessage(directionSize, false)
	for i := range count {
		if i == count/2 {
			<-x.firstReply
		}
		start := time.Now()
		now := clock.Now()
		if err := e.Send(m.Stamp(proto.Header{Seq: uint64(i), Intended: now, Sent: now})); err != nil {
			return fmt.Errorf("sending message %d: %w", i, err)
		}
		x.sentAt, x.sendTimes = append(x.sentAt, start), append(x.sendTimes, time.Since(start))
	}
	return nil
}

func (x *duplexRun) receive(e *echo, count int) error {
	answered := sync.OnceFunc(func() { close(x.firstReply) })
	defer answered()
	for i := range count {
		p, err := e.Recv()
		if err != nil {
			return fmt.Errorf("waiting for reply %d: %w", i, err)
		}
		h, err := proto.ParseHeader(p, false)
		if err != nil || h.Seq != uint64(i) {
			return fmt.Errorf("reply %d has the number of message %d: %w", i, h.Seq, err)
		}
		x.receivedAt = append(x.receivedAt, time.Now())
		answered()
	}
	return nil
}

func (x *duplexRun) upWhileDown() int { return countBetween(x.sentAt, x.receivedAt) }

func (x *duplexRun) downWhileUp() int { return countBetween(x.receivedAt, x.sentAt) }

// countBetween counts the times after the first and before the last of others.
func countBetween(times, others []time.Time) (count int) {
	for _, t := range times {
		if t.After(others[0]) && t.Before(others[len(others)-1]) {
			count++
		}
	}
	return count
}

func (x *duplexRun) logTo(n *Notes) {
	last := len(x.sentAt) - 1
	since := func(t time.Time) time.Duration { return t.Sub(x.sentAt[0]).Round(time.Microsecond) }
	n.Logf("  first message sent at 0, first reply at %v, last message sent at %v, last reply at %v",
		since(x.receivedAt[0]), since(x.sentAt[last]), since(x.receivedAt[last]))
}
