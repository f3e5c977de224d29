package browser

import (
	"context"
	"fmt"
	"math"
	"time"

	"rtbench/loadgen/guide/probe"
)

var reconnectSteps = []step{
	{"cutting an EventSource", 8 * time.Second, (*session).sourceCut, []string{"reconnect/eventsource"}},
	{"cutting an EventSource without ids", 8 * time.Second, (*session).sourceCutNoID, []string{"reconnect/eventsource-position-lost"}},
	{"cutting a WebSocket", 8 * time.Second, (*session).socketCut, []string{"reconnect/websocket"}},
}

const (
	beforeCut          = 5    // events that are waited for before the connection is cut
	afterCut           = 5    // and after it
	reconnectTimeoutMS = 3000 // milliseconds that a client has to come back
)

// A reconnection is what the page had of an event stream before and after its connection
// was cut.
type reconnection struct {
	Before, After []event
	Errors        []struct{ At float64 } // when the page was told of one, in Unix milliseconds
	cut           float64                // Unix milliseconds
}

// cutSource has the page listen through a wire, cuts that, and waits.
func (v *session) cutSource(ctx context.Context, path string) (c reconnection, err error) {
	wire, err := probe.NewCutter(v.site.address)
	if err != nil {
		return c, err
	}
	defer wire.Close()
	_, err = call[any](ctx, "watchEvents", "http://"+wire.Address()+path, beforeCut, eventInterval.Milliseconds())
	if err != nil {
		return c, err
	}
	v.collectLog()
	at := unixMilli(time.Now())
	v.notes.Logf("cutting the connections through %s: %d", wire.Address(), wire.Cut())
	c, err = call[reconnection](ctx, "afterCut", afterCut, reconnectTimeoutMS)
	c.cut = at
	return c, err
}

func unixMilli(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }

// detectionDelay is how long after the cut the browser knew of it, in milliseconds.
func (c reconnection) detectionDelay() float64 {
	if len(c.Errors) == 0 {
		return math.NaN()
	}
	return c.Errors[0].At - c.cut
}

// repeats counts events that the page had more than once, and gaps those that it
// never had though it had a later one.
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
	return repeats, last + 1 - len(had) // a stream begins with event 0
}

func (v *session) sourceCut(ctx context.Context) error {
	c, err := v.cutSource(ctx, "/stream")
	if err != nil {
		return err
	}
	v.notes.Answer("reconnect/eventsource", len(c.After) > 0,
		"The connection of an EventSource was cut after %d events; without a word from the page it had %d more within %d ms.", len(c.Before), len(c.After), reconnectTimeoutMS)
	if len(c.After) == 0 {
		return nil
	}
	took := c.After[0].At - c.cut
	v.notes.Value("reconnect/eventsource-after", took*1e6, "ns",
		"The first event after the cut came %.1f ms after it; the browser noticed the cut after %.1f ms, and the server asks for a pause of %d ms.", took, c.detectionDelay(), eventInterval.Milliseconds())
	repeats, gaps := c.repeats()
	v.notes.Value("reconnect/eventsource-missed", float64(gaps), "",
		"With ids, %d of the events from 0 to %d were never received.", gaps, c.After[len(c.After)-1].Counter)
	v.notes.Value("reconnect/eventsource-duplicates", float64(repeats), "",
		"With ids, %d of the %d events received were received before.", repeats, len(c.Before)+len(c.After))
	return nil
}

// sourceCutNoID cuts a stream without ids. The server, which is not told where it was,
// begins anew, so what was missed is counted by the times of the events.
func (v *session) sourceCutNoID(ctx context.Context) error {
	c, err := v.cutSource(ctx, "/noid/stream")
	if err != nil {
		return err
	}
	if len(c.After) == 0 {
		return fmt.Errorf("the EventSource did not come back within %d ms", reconnectTimeoutMS)
	}
	last, next := c.Before[len(c.Before)-1], c.After[0]
	v.notes.Answer("reconnect/eventsource-position-lost", next.Counter != last.Counter+1,
		"Without ids, the EventSource came back, and after event %d it was given event %d.", last.Counter, next.Counter)
	apart := next.Timestamp - last.Timestamp
	missed := math.Round(apart/eventInterval.Seconds()) - 1
	v.notes.Value("reconnect/eventsource-missed-without-id", missed, "",
		"Without ids, of the events that were due meanwhile %.0f never came: the last before the cut and the first after it were due %.3f s apart, where one is due each %.1f s (the quotient, rounded, less 1).", missed, apart, eventInterval.Seconds())
	return nil
}

func (v *session) socketCut(ctx context.Context) error {
	wire, err := probe.NewCutter(v.servers.Plain.Addresses["websocket"])
	if err != nil {
		return err
	}
	defer wire.Close()
	if _, err := call[string](ctx, "watchSocket", chatURL("ws", wire.Address(), "cut")); err != nil {
		return err
	}
	v.collectLog()
	v.notes.Logf("cutting the connections through %s: %d", wire.Address(), wire.Cut())
	seen, err := call[struct {
		Opens, Messages int
		State           string
		Closes          []struct {
			Code  float64
			Clean bool
		}
	}](ctx, "socketAfterCut", reconnectTimeoutMS)
	if err != nil {
		return err
	}
	again := wire.Cut() // a connection that there is again
	v.notes.Answer("reconnect/websocket", seen.Opens > 0 || seen.Messages > 0 || again > 0,
		"The connection of a WebSocket was cut; %d ms later it is %s, the browser has made %d new connections, and %d messages came.", reconnectTimeoutMS, seen.State, again, seen.Messages)
	if len(seen.Closes) > 0 {
		first := seen.Closes[0]
		v.notes.Value("reconnect/websocket-close-code", first.Code, "", "The page was told that the WebSocket closed, with code %.0f, cleanly: %t.", first.Code, first.Clean)
	}
	return nil
}
