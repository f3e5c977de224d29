//go:build !nofleet

package fleet

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"rtbench/loadgen"
	"rtbench/proto/record"
	"rtbench/report/result"
)

// oneSecond returns what an agent reports of a second with n messages: log-normal times around 200 µs.
func oneSecond(random *rand.Rand, n int) update {
	draw := func(median float64) result.Histogram {
		h := record.NewHistogram()
		for range n {
			_ = h.RecordValue(int64(median * (1 + random.ExpFloat64())))
		}
		return result.Wrap(h)
	}
	service := draw(200e3)
	return update{Times: []loadgen.Delta{{Response: draw(210e3), Service: service, Lag: draw(3e3), Low: service}}}
}

// A thousand agents send less than 100 KB/s each, and the coordinator adds their reports without keeping them. It
// logs what a second of such a fleet costs it; docs/fleet.md quotes that.
func TestThousandAgents(t *testing.T) {
	const agents, seconds, messages = 1000, 2, 5000
	random := rand.New(rand.NewPCG(1, 2))
	var kinds [8][]byte // of reports, which are as different as agents are
	for i := range kinds {
		kinds[i] = encode(oneSecond(random, messages))
	}
	var members []*member
	for i := range agents {
		members = append(members, &member{hello: hello{Name: fmt.Sprint(i)}})
	}
	c := newCollection(1, 1, members)
	size, began := 0, time.Now()
	for second := range seconds {
		for i, m := range members {
			body := kinds[(i+second)%len(kinds)]
			size += len(report{m.Name, updateKind, 1, second + 1, body}.message("run").Data)
			c.add(report{m.Name, updateKind, 1, second + 1, body})
		}
	}
	took := time.Since(began)
	if n := c.all[0].Response.Count(); n != agents*seconds*messages {
		t.Errorf("%d times added, want %d", n, agents*seconds*messages)
	}
	perAgent := size / agents / seconds
	if perAgent > 100_000 {
		t.Errorf("an agent sends %d bytes/s; expected at most 100,000", perAgent)
	}
	t.Logf("%d bytes/s of an agent, %.1f MB/s of all; adding a second of reports takes %v", perAgent, float64(perAgent*agents)/1e6, took/seconds)
}
