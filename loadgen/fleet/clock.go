//go:build !nofleet

package fleet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"rtbench/report/result"
)

// A reading relates another clock to this one at a moment.
type reading struct {
	at     int64 // of this clock
	offset int64 // the other clock minus this one
	bound  int64 // the offset is wrong by at most this much
}

// clockRounds is the number of questions of a reading. The fastest answer counts: whenever during it the other
// clock was read, the offset is wrong by at most half of its round trip.
const clockRounds = 50

// readClock reads another clock. ask returns its time, and now that of this one.
func readClock(ask func() (int64, error), now func() int64) (best reading, err error) {
	best.bound = 1 << 62
	for range clockRounds {
		before := now()
		there, err := ask()
		after := now()
		if err != nil {
			return best, err
		}
		if half := (after - before + 1) / 2; half < best.bound {
			middle := before + half
			best = reading{middle, there - middle, half}
		}
	}
	return best, nil
}

// agreement describes how two readings of the same clock, before and after a task, agree.
func agreement(a, b reading) result.AgentClock {
	c := result.AgentClock{Offset: time.Duration(a.offset), Bound: time.Duration(max(a.bound, b.bound))}
	if passed := b.at - a.at; passed > 0 {
		c.Drift = float64(b.offset-a.offset) / float64(passed)
		// The rate is known no better than the readings are. What it changes until the end adds to the bound.
		c.Bound += time.Duration(max(0, absolute(b.offset-a.offset)))
	}
	return c
}

func absolute(n int64) int64 { return max(n, -n) }

// clockTimeout limits the wait for an answer with the time.
const clockTimeout = 2 * time.Second

var errNoTime = errors.New("the coordinator's answer is not a time")

// askTime returns the coordinator's time.
func askTime(nc *nats.Conn, run string) (int64, error) {
	m, err := nc.Request(subject(clockSubject, run), nil, clockTimeout)
	if err != nil {
		return 0, fmt.Errorf("reading the coordinator's clock: %w", err)
	}
	if len(m.Data) != 8 {
		return 0, errNoTime
	}
	return int64(binary.BigEndian.Uint64(m.Data)), nil
}

// tellTime answers with the time.
func tellTime(now func() int64) nats.MsgHandler {
	return func(m *nats.Msg) { _ = m.Respond(binary.BigEndian.AppendUint64(nil, uint64(now()))) }
}
