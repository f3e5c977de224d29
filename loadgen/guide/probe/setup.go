package probe

import (
	"context"
	"slices"
	"time"

	"rtbench/loadgen/driver"
)

const setupRuns = 5

// measureSetup measures the cost of the first reply on a new stream.
func measureSetup(ctx context.Context, s Servers, n *Notes, sub subject) error {
	var connections, turns, wire []int
	for range setupRuns {
		t := new(tap)
		if err := setupOnce(ctx, sub, s.target(sub.protocol, false, t)); err != nil {
			return err
		}
		conns, turnarounds := t.counts()
		bytes := sum(conns)
		n.Logf("  %d connections, %d turnarounds, %d bytes up, %d down", len(conns), turnarounds, bytes.up, bytes.down)
		t.logTo(n)
		connections, turns = append(connections, len(conns)), append(turns, turnarounds)
		wire = append(wire, int(bytes.up+bytes.down))
	}
	n.Value(sub.protocol+"/round-trips", float64(median(turns)), "",
		"From the TCP handshake to the first echo over %s, server bytes followed client bytes a median of %d times in %d runs (%v). Bytes that nobody waits for, such as HTTP/2 settings, may add a turn.",
		sub.name, median(turns), setupRuns, turns)
	n.Value(sub.protocol+"/connections", float64(median(connections)), "",
		"Up to the first echo over %s, the client dialed %d TCP connection(s); each costs one more round trip.", sub.name, median(connections))
	n.Value(sub.protocol+"/bytes", float64(median(wire)), "bytes",
		"Up to the first echo over %s, including the message of %d bytes and its echo, a median of %d bytes of TCP payload was transferred in both directions (%d runs).", sub.name, echoSize, median(wire), setupRuns)
	return measureWaits(ctx, s, n, sub)
}

// setupOnce opens a stream and echoes one message.
func setupOnce(ctx context.Context, sub subject, to driver.Target) error {
	e, err := openEcho(ctx, sub.protocol, to)
	if err != nil {
		return err
	}
	defer e.close()
	_, err = e.exchangeNumbered(1)
	return err
}

const (
	addedDelay  = 50 * time.Millisecond
	delayedRuns = 3
)

// measureWaits counts the round trips that a client waits for. With the server's bytes delayed,
// each such round trip adds the delay; bytes that nobody waits for add nothing.
func measureWaits(ctx context.Context, s Servers, n *Notes, sub subject) error {
	c, err := NewProxy(s.Plain.Addresses[sub.protocol], addedDelay)
	if err != nil {
		return err
	}
	defer c.Close()
	took := make([]time.Duration, delayedRuns)
	for i := range took {
		start := time.Now()
		if err := setupOnce(ctx, sub, c.target(new(tap))); err != nil {
			return err
		}
		took[i] = time.Since(start)
	}
	n.Logf("  with the server's bytes delayed by %v: %v", addedDelay, took)
	least := slices.Min(took)
	trips := float64(least) / float64(addedDelay)
	n.Value(sub.protocol+"/round-trips-waited", trips, "",
		"With the server's bytes delayed by %v (TCP handshakes excepted), the first echo over %s arrived after %v, the minimum of %d runs: %.2f round trips for a client that sends its first message once the server has accepted the stream.",
		addedDelay, sub.name, least.Round(10*time.Microsecond), delayedRuns, trips)
	return nil
}
