package probe

import (
	"errors"
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
}

// exchange sends messages back to back while it receives the replies, and returns once all have
// arrived. Halfway it waits for the first reply; otherwise a busy machine could send everything before
// that. If sending or receiving fails, it closes the stream, which unblocks the other.
func (e *echo) exchange(count int, message func(i int) []byte, reply func(i int, p []byte) error) (*duplexRun, error) {
	x, replied := &duplexRun{}, make(chan struct{})
	answered := sync.OnceFunc(func() { close(replied) })
	send := func(i int) error {
		if i > 0 && i == count/2 {
			<-replied
		}
		p, start := message(i), time.Now()
		if err := e.Send(p); err != nil {
			return fmt.Errorf("sending message %d: %w", i, err)
		}
		x.sentAt, x.sendTimes = append(x.sentAt, start), append(x.sendTimes, time.Since(start))
		return nil
	}
	receive := func(i int) error {
		p, err := e.Recv()
		if err != nil {
			return fmt.Errorf("waiting for reply %d: %w", i, err)
		}
		x.receivedAt = append(x.receivedAt, time.Now())
		answered()
		return reply(i, p)
	}
	all := func(do func(i int) error) error {
		for i := range count {
			if err := do(i); err != nil {
				_ = e.Close()
				return err
			}
		}
		return nil
	}
	received := make(chan error, 1)
	go func() {
		defer answered()
		received <- all(receive)
	}()
	return x, errors.Join(all(send), <-received)
}

// echoSize is the size of numbered messages, in bytes.
const echoSize = 64

// exchangeNumbered exchanges messages with a sequence number.
func (e *echo) exchangeNumbered(count int) (*duplexRun, error) {
	m := proto.NewMessage(echoSize, false)
	return e.exchange(count, func(i int) []byte {
		now := clock.Now()
		return m.Stamp(proto.Header{Seq: uint64(i), Intended: now, Sent: now})
	}, func(i int, p []byte) error {
		h, err := proto.ParseHeader(p, false)
		if err != nil || h.Seq != uint64(i) {
			return fmt.Errorf("reply %d has the number of message %d: %w", i, h.Seq, err)
		}
		return nil
	})
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
