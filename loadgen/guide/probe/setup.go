package probe

import (
	"context"
	"slices"
	"time"

	"rtbench/proto"
)

const (
	setups    = 5
	setupSize = 64
)

// setup looks at what it takes before the first message has been answered.
func setup(ctx context.Context, s Servers, n *Notes) error {
	for _, sub := range subjects {
		err := step(ctx, n, "opening "+sub.name, func(ctx context.Context) error { return setupOf(ctx, s, n, sub) })
		if err != nil {
			return err
		}
	}
	return nil
}

// An opening is what it took.
type opening struct {
	connections, turns int
	wire               carried
}

func setupOf(ctx context.Context, s Servers, n *Notes, sub subject) error {
	var connections, turns, wire []int64
	for range setups {
		o, err := open(ctx, s, n, sub)
		if err != nil {
			return err
		}
		n.Logf("  %d connections, %d turns, %d bytes up, %d down", o.connections, o.turns, o.wire.up, o.wire.down)
		connections, turns = append(connections, int64(o.connections)), append(turns, int64(o.turns))
		wire = append(wire, o.wire.up+o.wire.down)
	}
	n.Figure(sub.protocol+"/round-trips", float64(median(turns)), "",
		"From TCP's handshake until the first message's echo had come over %s, bytes came down after bytes had gone up a median of %d times, of %d openings (%v): what came without being waited for, such as HTTP/2's settings, may count as a time of its own.",
		sub.name, median(turns), setups, turns)
	n.Figure(sub.protocol+"/connections", float64(median(connections)), "",
		"Until the first message's echo had come over %s, %d TCP connection(s) had been dialed; each costs a round trip more.", sub.name, median(connections))
	n.Figure(sub.protocol+"/bytes", float64(median(wire)), "bytes",
		"Until the first message's echo had come over %s, the message of %d bytes and its echo included, a median of %d bytes of TCP payload had gone both ways, of %d openings.", sub.name, setupSize, median(wire), setups)
	return waitsOf(ctx, s, n, sub)
}

// open opens a stream and has one message echoed.
func open(ctx context.Context, s Servers, n *Notes, sub subject) (o opening, err error) {
	t := new(tap)
	if err := openBy(ctx, s, sub, t); err != nil {
		return o, err
	}
	o.connections = t.connections()
	o.wire, o.turns = t.total()
	t.logTo(n)
	return o, nil
}

func openBy(ctx context.Context, s Servers, sub subject, t *tap) error {
	e, err := openEchoBy(ctx, s, sub.protocol, t)
	if err != nil {
		return err
	}
	defer e.end()
	m := proto.NewMessage(setupSize, false)
	if err := e.Send(m.Stamp(proto.Header{})); err != nil {
		return err
	}
	p, err := e.Recv()
	if err != nil {
		return err
	}
	_, err = proto.ParseHeader(p, false)
	return err
}

const (
	late  = 50 * time.Millisecond
	waits = 3
)

// waitsOf measures how many round trips are waited for: where what comes down is late,
// an opening takes so many times that much. What merely passes on the wire costs
// nothing there.
func waitsOf(ctx context.Context, s Servers, n *Notes, sub subject) error {
	took := make([]time.Duration, waits)
	for i := range took {
		start := time.Now()
		if err := openBy(ctx, s, sub, &tap{late: late}); err != nil {
			return err
		}
		took[i] = time.Since(start)
	}
	n.Logf("  with every byte from the server %v late: %v", late, took)
	least := slices.Min(took)
	trips := float64(least) / float64(late)
	n.Figure(sub.protocol+"/round-trips-waited", trips, "",
		"With each byte from the server %v late, TCP's handshakes excepted, the first message's echo had come over %s %v after the opening began, the least of %d times: %.2f round trips that had to be waited for, by a client that sends its first message when the server has accepted the stream.",
		late, sub.name, least.Round(10*time.Microsecond), waits, trips)
	return nil
}
