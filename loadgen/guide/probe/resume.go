package probe

import (
	"context"
	"math"
	"time"
)

// resumeDelay is the pause before a client reconnects by hand.
const resumeDelay = 500 * time.Millisecond

// A streamReader reads the guide's /stream through net/http.
type streamReader struct {
	*eventReader
	close func()
}

// openStream opens the stream after the event with the id last, or at its start if last is
// empty. The caller must call close.
func openStream(ctx context.Context, c *Proxy, n *Notes, last string) (*streamReader, error) {
	resp, closeStream, err := getStream(ctx, c.target(new(tap)), nil, last)
	if err != nil {
		return nil, err
	}
	n.Logf("  GET /stream with Last-Event-ID %q: %s %s", last, resp.Proto, resp.Status)
	events, err := eventsOf(resp)
	if err != nil {
		closeStream()
		return nil, err
	}
	return &streamReader{events, closeStream}, nil
}

// next returns and logs the next event.
func (r *streamReader) next(n *Notes) (tick, error) {
	t, err := r.tick()
	if err == nil {
		n.Logf("  event: id %q, counter %d, timestamp %.6f", t.id, t.Counter, t.Timestamp)
	}
	return t, err
}

// readUntilCut receives some events, cuts the connection and reads to the error.
func readUntilCut(ctx context.Context, c *Proxy, n *Notes) (had []tick, made int, broke error, err error) {
	f, err := openStream(ctx, c, n, "")
	if err != nil {
		return nil, 0, nil, err
	}
	defer f.close()
	for range minEvents {
		t, err := f.next(n)
		if err != nil {
			return nil, 0, nil, err
		}
		had = append(had, t)
	}
	made, _ = cutNow(c, n)
	for broke == nil { // an event may have been in flight
		var t tick
		if t, broke = f.next(n); broke == nil {
			had = append(had, t)
		}
	}
	return had, made, broke, ctx.Err()
}

func cutEvents(ctx context.Context, c *Proxy, n *Notes) error {
	_, before, broke, err := readUntilCut(ctx, c, n)
	if err != nil {
		return err
	}
	return noteReconnects(ctx, c, n, before, "sse/library", "net/http's client", broke)
}

// resumeEvents reconnects by hand, once with the id of the last event and once, on another
// stream, without.
func resumeEvents(ctx context.Context, c *Proxy, n *Notes) error {
	had, _, _, err := readUntilCut(ctx, c, n)
	if err != nil {
		return err
	}
	if err := resumeWith(ctx, c, n, had); err != nil {
		return err
	}
	if had, _, _, err = readUntilCut(ctx, c, n); err != nil {
		return err
	}
	return resumeWithout(ctx, c, n, had)
}

// resumeWith reconnects with the id of the last event and counts events that were due in
// between and did not arrive.
func resumeWith(ctx context.Context, c *Proxy, n *Notes, had []tick) error {
	last := had[len(had)-1]
	if err := sleep(ctx, resumeDelay); err != nil {
		return err
	}
	back := time.Now()
	f, err := openStream(ctx, c, n, last.id)
	if err != nil {
		return err
	}
	defer f.close()
	got, missed, now := 0, 0, last
	for now.Timestamp < unixSeconds(back) { // until the stream has caught up
		next, err := f.next(n)
		if err != nil {
			return err
		}
		missed += missedBetween(had, now, next)
		got, now = got+1, next
	}
	n.Value("sse/resume-missed", float64(missed), "",
		"The client reconnected by hand %v after the cut, with event %d as Last-Event-ID: %d events arrived until it had caught up, the last with number %d, and %d due events were missed.",
		resumeDelay, last.Counter, got, now.Counter, missed)
	return nil
}

// resumeWithout reconnects without an id and counts the events that were due, at the stream's
// rate, between the last event before the cut and the first one after it.
func resumeWithout(ctx context.Context, c *Proxy, n *Notes, had []tick) error {
	if err := sleep(ctx, resumeDelay); err != nil {
		return err
	}
	f, err := openStream(ctx, c, n, "")
	if err != nil {
		return err
	}
	defer f.close()
	first, err := f.next(n)
	if err != nil {
		return err
	}
	last := had[len(had)-1]
	missed := missedBetween(had, last, first)
	n.Value("sse/no-resume-missed", float64(missed), "",
		"The client reconnected by hand %v after the cut, without Last-Event-ID: a new stream started with counter %d, %.0f ms after the last event before the cut. With an event due every %.0f ms, %d due events were missed.",
		resumeDelay, first.Counter, 1000*(first.Timestamp-last.Timestamp), 1000*interval(had), missed)
	return nil
}

// interval returns the time between two events of a stream, in seconds.
func interval(had []tick) float64 {
	first, last := had[0], had[len(had)-1]
	return (last.Timestamp - first.Timestamp) / float64(last.Counter-first.Counter)
}

// missedBetween returns the number of events due after a and before b, at the rate of the
// events in had. It ignores a hundredth of an interval because timestamps are rounded.
func missedBetween(had []tick, a, b tick) int {
	return max(0, int(math.Ceil((b.Timestamp-a.Timestamp)/interval(had)-0.01))-1)
}

func unixSeconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
