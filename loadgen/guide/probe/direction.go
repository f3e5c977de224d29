package probe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rtbench/proto"
	"rtbench/proto/clock"
)

const (
	directionMessages = 2000
	directionSize     = 64
)

// direction looks at which ways a stream's messages go at one time.
func direction(ctx context.Context, s Servers, n *Notes) error {
	for _, sub := range subjects {
		err := step(ctx, n, "both ways at once on "+sub.name, func(ctx context.Context) error {
			return directionOf(ctx, s, n, sub)
		})
		if err != nil {
			return err
		}
	}
	if err := step(ctx, n, "a WebSocket client that only listens", func(ctx context.Context) error { return unasked(ctx, s, n) }); err != nil {
		return err
	}
	return step(ctx, n, "bytes up an open event stream", func(ctx context.Context) error { return upIgnored(ctx, s, n) })
}

func directionOf(ctx context.Context, s Servers, n *Notes, sub subject) error {
	e, err := openEcho(ctx, s, sub.protocol)
	if err != nil {
		return err
	}
	defer e.end()
	opened, before := e.tap.each(), sum(e.tap.each())
	x, err := exchangeOn(e, directionMessages)
	if err != nil {
		return err
	}
	after := e.tap.each()
	e.tap.logTo(n)
	x.logTo(n)
	noteCrossing(n, sub, e.tap.connections(), x, sum(after).minus(before))
	if sub.protocol == "sse" {
		// The event stream's connection is dialed first.
		up, posted := after[0].up-opened[0].up, sum(after[1:]).minus(sum(opened[1:])).up
		n.Figure("sse/stream-bytes-up", float64(up), "bytes",
			"While %d messages were posted, the client wrote %d bytes on the connection of its event stream and %d on the other, of its POSTs.",
			directionMessages, up, posted)
	}
	return nil
}

func sum(all []carried) (total carried) {
	for _, c := range all {
		total.up += c.up
		total.down += c.down
	}
	return total
}

func noteCrossing(n *Notes, sub subject, connections int, x *exchange, wire carried) {
	note := func(fact string, value float64, unit, format string, args ...any) {
		n.Figure(sub.protocol+"/"+fact, value, unit, format, args...)
	}
	count := len(x.began)
	note("connections", float64(connections), "", "One stream of %s that carries messages both ways dialed %d TCP connection(s).", sub.name, connections)
	up, down := x.upWhileDown(), x.downWhileUp()
	note("up-while-down", float64(up), "", "Of %d messages of %d bytes on one stream of %s, %d were sent while answers were coming: after the first had arrived and before the last. The sender waited for an answer once, halfway, for the first.", count, directionSize, sub.name, up)
	note("down-while-up", float64(down), "", "Of the %d answers on one stream of %s, %d arrived while messages were being sent: after the first and before the last.", count, sub.name, down)
	perUp, perDown := float64(wire.up)/float64(count), float64(wire.down)/float64(count)
	note("bytes-up", perUp, "bytes", "A message of %d bytes took %.1f bytes of TCP payload from client to server over %s.", directionSize, perUp, sub.name)
	note("bytes-down", perDown, "bytes", "Its answer of %d bytes took %.1f bytes of TCP payload from server to client over %s, what else the server sends for a message included.", directionSize, perDown, sub.name)
	took := median(x.took)
	note(sub.send, float64(took), "ns", "%s took a median of %v over %s, of %d.", sub.sends, took, sub.name, count)
}

// An exchange is when messages went up a stream and their answers came down. The
// answers arrive in the order of the messages.
type exchange struct {
	began, arrived []time.Time
	took           []time.Duration // of each Send
	answered       chan struct{}   // closed when one has come, or none will
}

// exchangeOn sends messages one after the other, without waiting for the answers that it
// receives meanwhile, and returns when all have come. Once it does wait: with half of
// them sent, until there is an answer. A busy machine could else have sent them all
// before the first comes.
func exchangeOn(e *echo, count int) (*exchange, error) {
	x := &exchange{answered: make(chan struct{})}
	received := make(chan error, 1)
	go func() {
		err := x.receive(e, count)
		if err != nil {
			_ = e.Close() // so that Send does not wait for room that nobody makes
		}
		received <- err
	}()
	err := x.send(e, count)
	if err != nil {
		_ = e.Close()
	}
	return x, errors.Join(err, <-received)
}

func (x *exchange) send(e *echo, count int) error {
	m := proto.NewMessage(directionSize, false)
	for i := range count {
		if i == count/2 {
			<-x.answered
		}
		start := time.Now()
		now := clock.Now()
		if err := e.Send(m.Stamp(proto.Header{Seq: uint64(i), Intended: now, Sent: now})); err != nil {
			return fmt.Errorf("sending message %d: %w", i, err)
		}
		x.began, x.took = append(x.began, start), append(x.took, time.Since(start))
	}
	return nil
}

func (x *exchange) receive(e *echo, count int) error {
	answered := sync.OnceFunc(func() { close(x.answered) })
	defer answered()
	for i := range count {
		p, err := e.Recv()
		if err != nil {
			return fmt.Errorf("waiting for answer %d: %w", i, err)
		}
		h, err := proto.ParseHeader(p, false)
		if err != nil || h.Seq != uint64(i) {
			return fmt.Errorf("answer %d is message %d: %w", i, h.Seq, err)
		}
		x.arrived = append(x.arrived, time.Now())
		answered()
	}
	return nil
}

func (x *exchange) upWhileDown() int { return between(x.began, x.arrived) }
func (x *exchange) downWhileUp() int { return between(x.arrived, x.began) }

// between counts the times that are after the first and before the last of others.
func between(times, others []time.Time) (count int) {
	for _, t := range times {
		if t.After(others[0]) && t.Before(others[len(others)-1]) {
			count++
		}
	}
	return count
}

func (x *exchange) logTo(n *Notes) {
	last := len(x.began) - 1
	since := func(t time.Time) time.Duration { return t.Sub(x.began[0]).Round(time.Microsecond) }
	n.Logf("  first message sent at 0, first answer at %v, last message sent at %v, last answer at %v",
		since(x.arrived[0]), since(x.began[last]), since(x.arrived[last]))
}
