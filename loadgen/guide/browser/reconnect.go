package browser

import (
	"context"
	"fmt"
	"math"
	"time"

	"rtbench/loadgen/guide/probe"
)

const (
	beforeCut          = 5    // events to receive before the cut
	afterCut           = 5    // and after it
	reconnectTimeoutMS = 3000 // limit for a client to reconnect
)

// A reconnection holds the events that the page received before and after a cut.
type reconnection struct {
	Before, After []event
	Errors        []struct{ At float64 } // errors reported to the page, in Unix milliseconds
	cut           float64                // time of the cut, in Unix milliseconds
}

// cut watches a URL (%s is the address) in the page through a proxy, cuts the connection, and waits for
// the client to reconnect. It returns what the page's function after found, the time of the cut in
// Unix milliseconds and the number of new connections.
func cut[T any](ctx context.Context, v *session, to, watch, url, after string) (seen T, at float64, again int, err error) {
	wire, err := probe.NewProxy(to, 0)
	if err != nil {
		return seen, 0, 0, err
	}
	defer wire.Close()
	if _, err = call[any](ctx, watch, fmt.Sprintf(url, wire.Address()), beforeCut, eventInterval.Milliseconds()); err != nil {
		return seen, 0, 0, err
	}
	v.collectLog()
	at = unixMilli(time.Now())
	v.notes.Logf("cutting the connections through %s: %d", wire.Address(), wire.Cut())
	seen, err = call[T](ctx, after, reconnectTimeoutMS, afterCut)
	return seen, at, wire.Cut(), err
}

// cutSource returns a step's run: it cuts an EventSource and passes what happens to note.
func cutSource(path string, note func(*session, reconnection) error) func(context.Context, *session) error {
	return func(ctx context.Context, v *session) error {
		c, at, _, err := cut[reconnection](ctx, v, v.site.address, "watchEvents", "http://%s"+path, "afterCut")
		if err != nil {
			return err
		}
		c.cut = at
		return note(v, c)
	}
}

func unixMilli(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }

// detectionDelay returns the time from the cut to the browser's error, in milliseconds.
func (c reconnection) detectionDelay() float64 {
	if len(c.Errors) == 0 {
		return math.NaN()
	}
	return c.Errors[0].At - c.cut
}

// repeats counts the events that the page received more than once. gaps counts those it never
// received although it received a later one.
func (c reconnection) repeats() (repeats, gaps int) {
	had, last := map[int]bool{}, -1
	for _, events := range [][]event{c.Before, c.After} {
		for _, e := range events {
			if had[e.Counter] {
				repeats++
			}
			had[e.Counter] = true
			last = max(last, e.Counter)
		}
	}
	return repeats, last + 1 - len(had) // a stream starts with event 0
}

func noteSourceCut(v *session, c reconnection) error {
	v.notes.Answer("reconnect/eventsource", len(c.After) > 0,
		"The connection of an EventSource was cut after %d events; without code in the page it received %d more within %d ms.", len(c.Before), len(c.After), reconnectTimeoutMS)
	if len(c.After) == 0 {
		return nil
	}
	took := c.After[0].At - c.cut
	v.notes.Value("reconnect/eventsource-after", took*1e6, "ns",
		"The first event after the cut arrived %.1f ms after it; the browser noticed the cut after %.1f ms, and the server's retry interval is %d ms.", took, c.detectionDelay(), eventInterval.Milliseconds())
	repeats, gaps := c.repeats()
	v.notes.Value("reconnect/eventsource-missed", float64(gaps), "",
		"With ids, %d of the events from 0 to %d never arrived.", gaps, c.After[len(c.After)-1].Counter)
	v.notes.Value("reconnect/eventsource-duplicates", float64(repeats), "",
		"With ids, %d of the %d events received were duplicates.", repeats, len(c.Before)+len(c.After))
	return nil
}

// noteSourceCutNoID notes what a client without ids missed. The server restarts the stream because it does not
// know the client's position, so missed events are computed from the events' due times.
func noteSourceCutNoID(v *session, c reconnection) error {
	if len(c.After) == 0 {
		return fmt.Errorf("the EventSource did not reconnect within %d ms", reconnectTimeoutMS)
	}
	last, next := c.Before[len(c.Before)-1], c.After[0]
	v.notes.Answer("reconnect/eventsource-position-lost", next.Counter != last.Counter+1,
		"Without ids, the EventSource reconnected, and event %d was followed by event %d.", last.Counter, next.Counter)
	apart := next.Timestamp - last.Timestamp
	missed := math.Round(apart/eventInterval.Seconds()) - 1
	v.notes.Value("reconnect/eventsource-missed-without-id", missed, "",
		"Without ids, %.0f of the events due in between never arrived: the last event before the cut and the first after it were due %.3f s apart, and one is due every %.1f s (the rounded quotient minus 1).", missed, apart, eventInterval.Seconds())
	return nil
}

func cutSocket(ctx context.Context, v *session) error {
	seen, _, again, err := cut[struct {
		Opens, Messages int
		State           string
		Closes          []struct {
			Code  float64
			Clean bool
		}
	}](ctx, v, v.servers.Plain.Addresses["websocket"], "watchSocket", "ws://%s/ws/cut", "socketAfterCut")
	if err != nil {
		return err
	}
	v.notes.Answer("reconnect/websocket", seen.Opens > 0 || seen.Messages > 0 || again > 0,
		"The connection of a WebSocket was cut; %d ms later it is %s, the browser has made %d new connections, and %d messages arrived.", reconnectTimeoutMS, seen.State, again, seen.Messages)
	if len(seen.Closes) > 0 {
		first := seen.Closes[0]
		v.notes.Value("reconnect/websocket-close-code", first.Code, "", "The page received a close event with code %.0f, clean: %t.", first.Code, first.Clean)
	}
	return nil
}
