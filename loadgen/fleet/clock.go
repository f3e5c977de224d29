//go:build !nofleet

package fleet

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"rtbench/proto/clock"
	"rtbench/report/result"
)

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

// readClock reads the coordinator's clock for it.
func (a *Agent) readClock(_ context.Context, m *nats.Msg) {
	var c claim
	err := json.Unmarshal(m.Data, &c)
	var r clock.Reading
	if err == nil {
		r, err = clock.Read(func() (int64, error) { return askTime(a.nc, c.Run) }, a.clock)
	}
	answer := reply{Clock: &r}
	if err != nil {
		answer = reply{Refused: err.Error()}
	}
	_ = m.Respond(encode(answer)) // or the coordinator asks another agent
}

// tellTime answers with the time.
func tellTime(now func() int64) nats.MsgHandler {
	return func(m *nats.Msg) { _ = m.Respond(binary.BigEndian.AppendUint64(nil, uint64(now()))) }
}

// readings are those of the coordinator's clock by the clocks of the agents, other than its own.
type readings map[string]clock.Reading

// readClocks has an agent of each other clock read that of the coordinator. Its reading holds for all agents with
// that clock, so that times between them are exact. Clocks that no agent could read are missing.
func (a *attempt) readClocks() readings {
	agents := map[string][]*member{}
	for _, m := range a.members {
		if m.Clock != a.clockID && a.lost(m) == "" {
			agents[m.Clock] = append(agents[m.Clock], m)
		}
	}
	all := readings{}
	var mu sync.Mutex
	var asking sync.WaitGroup
	for id, some := range agents {
		asking.Go(func() {
			for _, m := range some {
				if answer, err := a.request(m, "clock", claim{a.run}); err == nil && answer.Clock != nil {
					mu.Lock()
					defer mu.Unlock()
					all[id] = *answer.Clock
					return
				}
			}
		})
	}
	asking.Wait()
	return all
}

// offset returns how an agent's clock agrees with the coordinator's from one reading to another; nil if they are the
// same clock.
func (a *attempt) offset(m *member, before, after readings) *result.ClockOffset {
	first, known := before[m.Clock]
	if m.Clock == a.clockID || !known {
		return nil
	}
	agreed := result.ClockOffset{Offset: time.Duration(first.Offset), Bound: -1}
	if last, known := after[m.Clock]; known {
		agreed = result.OffsetOf(first, last)
	}
	return &agreed
}
