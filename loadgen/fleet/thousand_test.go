//go:build !nofleet

package fleet

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"rtbench/loadgen"
	"rtbench/proto/record"
	"rtbench/proto/usage"
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

// A thousand agents send less than 100 KB/s each, and the coordinator gets their reports through JetStream and
// adds them without keeping them. It logs what a second of such a fleet costs; docs/fleet.md quotes that.
func TestThousandAgents(t *testing.T) {
	const agents, seconds, messages = 1000, 2, 5000
	random := rand.New(rand.NewPCG(1, 2))
	var kinds [8][]byte // of reports, which are as different as agents are
	for i := range kinds {
		kinds[i] = encode(oneSecond(random, messages))
	}
	c := startCoordinator(t, nil)
	for i := range agents {
		c.members = append(c.members, &member{hello: hello{Name: fmt.Sprint(i)}})
	}
	defer func() { c.members = nil }() // nobody is there to release
	a := c.begin(1)
	nc, err := c.bus.connect(t.Context(), "thousand", func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	size, began := 0, usage.CPU()
	for second := range seconds {
		for i, m := range c.members {
			r := report{m.Name, updateKind, 1, second + 1, kinds[(i+second)%len(kinds)]}
			size += len(r.body)
			if _, err := js.PublishMsgAsync(r.message(c.run)); err != nil {
				t.Fatal(err)
			}
		}
	}
	<-js.PublishAsyncComplete()
	for n := 0; n < agents*seconds; {
		select {
		case <-a.changed:
		case <-t.Context().Done():
			t.Fatal("not all reports arrived")
		}
		n = 0
		a.each(func(_ *member, s *arrived) { n += s.reports })
	}
	all := usage.CPU() - began
	merging := newCollection(1, 1, c.members)
	began = usage.CPU()
	for i, m := range c.members {
		merging.add(report{m.Name, updateKind, 1, 1, kinds[i%len(kinds)]})
	}
	adding := usage.CPU() - began
	if n := a.times()[0].Response.Count(); n != agents*seconds*messages {
		t.Errorf("%d times added, want %d", n, agents*seconds*messages)
	}
	perAgent := size / agents / seconds
	if perAgent > 100_000 {
		t.Errorf("an agent sends %d bytes/s; expected at most 100,000", perAgent)
	}
	t.Logf("%d bytes/s of an agent, %.1f MB/s of all; a second of reports takes %v of CPU time, of which adding takes %v",
		perAgent, float64(perAgent*agents)/1e6, all/seconds, adding)
}
