package probe

import (
	"context"
	"slices"
	"time"

	"rtbench/proto"
)

const (
	setupRuns = 5
	setupSize = 64
)

// probeSetup looks at what it takes before the first message has been answered.
func probeSetup(ctx context.Context, s Servers, n *Notes) error {
	for _, sub := range subjects {
		err := step(ctx, n, "opening "+sub.name, func(ctx context.Context) error { return measureSetup(ctx, s, n, sub) })
		if err != nil {
			return err
		}
	}
	return nil
}

// An setupCost is what it took.
type setupCost struct {
	connections, turnarounds int
	wire                     byteCount
}

func measureSetup(ctx context.Context, s Servers, n *Notes, sub subject) error {
	var connections, turns, wire []int64
	for range setupRuns {
		o, err := setupOnce(ctx, s, n, sub)
		if err != nil {
			return err
		}
		n.Logf("  %d connections, %d turns, %d bytes up, %d down", o.connections, o.turnarounds, o.wire.up, o.wire.down)
		connections, turns = append(connections, int64(o.connections)), append(turns, int64(o.turnarounds))
		wire = append(wire, o.wire.up+o.wire.down)
	}
	n.Value(sub.protocol+"/round-trips", float64(median(turns)), "",
		"From TCP's handshake until the first message's echo had come over %s, bytes came down after bytes had gone up a median of %d times, of %d openings (%v): what came without being waited for, such as HTTP/2's settings, may count as a time of its own.",
		sub.name, median(turns), setupRuns, turns)
	n.Value(sub.protocol+"/connections", float64(median(connections)), "",
		"Until the first message's echo had come over %s, %d TCP connection(s) had been dialed; each costs a round trip more.", sub.name, median(connections))
	n.Value(sub.protocol+"/bytes", float64(median(wire)), "bytes",
		"Until the first message's echo had come over %s, the message of %d bytes and its echo included, a median of %d bytes of TCP payload had gone both ways, of %d openings.", sub.name, setupSize, median(wire), setupRuns)
	return measureWaits(ctx, s, n, sub)
}

// setupOnce opens a stream and has one message echoed.
func setupOnce(ctx context.Context, s Servers, n *Notes, sub subject) (o setupCost, err error) {
	t := new(tap)
	if err := setupOver(ctx, s, sub, t); err != nil {
		return o, err
	}
	o.connections = t.connections()
	o.wire, o.turnarounds = t.totals()
	t.logTo(n)
	return o, nil
}

func setupOver(ctx context.Context, s Servers, sub subject, t *tap) error {
	e, err := openEchoOver(ctx, s, sub.protocol, t)
	if err != nil {
		return err
	}
	defer e.close()
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
	addedDelay  = 50 * time.Millisecond
	delayedRuns = 3
)

// measureWaits measures how many round trips are waited for: where what comes down is late,
// an opening takes so many times that much. What merely passes on the wire costs
// nothing there.
func measureWaits(ctx context.Context, s Servers, n *Notes, sub subject) error {
	took := make([]time.Duration, delayedRuns)
	for i := range took {
		start := time.Now()
		if err := setupOver(ctx, s, sub, &tap{delay: addedDelay}); err != nil {
			return err
		}
		took[i] = time.Since(start)
	}
	n.Logf("  with every byte from the server %v late: %v", addedDelay, took)
	least := slices.Min(took)
	trips := float64(least) / float64(addedDelay)
	n.Value(sub.protocol+"/round-trips-waited", trips, "",
		"With each byte from the server %v late, TCP's handshakes excepted, the first message's echo had come over %s %v after the opening began, the least of %d times: %.2f round trips that had to be waited for, by a client that sends its first message when the server has accepted the stream.",
		addedDelay, sub.name, least.Round(10*time.Microsecond), delayedRuns, trips)
	return nil
}
