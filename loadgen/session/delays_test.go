package session

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/target"
	"rtbench/proto"
	"rtbench/proto/pace"
	"rtbench/proto/record"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// refusing is a driver whose server refuses the first attempts.
type refusing struct {
	refuses int
	tries   []time.Time
}

func (d *refusing) Open(context.Context, *driver.Endpoint) (*driver.Stream, error) {
	d.tries = append(d.tries, time.Now())
	if len(d.tries) <= d.refuses {
		return nil, errors.New("refused")
	}
	return &driver.Stream{}, nil
}

func (d *refusing) Close() error { return nil }

// A stream that ended makes its attempts at the times of its policy, to the nanosecond: attempt n follows
// the end by the sum of the waits 0 to n, with the random numbers of its seed. It gives up after attempts.
func TestAttemptsFollowThePolicy(t *testing.T) {
	t.Parallel()
	const base, limit = 100 * time.Millisecond, 3 * time.Second
	for _, policy := range []string{cell.Fixed, cell.Exponential, cell.EqualJitter, cell.FullJitter, cell.Decorrelated} {
		for _, refuses := range []int{0, 1, 7} {
			for _, attempts := range []int{0, 5} {
				synctest.Test(t, func(t *testing.T) {
					c := cell.Config{
						Protocol: "tcp", Stack: proto.Lean, Pattern: "echo", Model: cell.Open, Connections: 3, Streams: 1, Rate: 10, Seed: 7, Steady: time.Hour,
						Reconnect: cell.Reconnect{Policy: policy, Base: base, Cap: limit, Attempts: attempts},
					}
					g := New(t.Context(), Config{Scenario: &scenarios.Scenario{}, Cell: c, Server: &target.Server{}, Policy: CountAndReopen})
					defer g.reopens.cancel()
					d := &refusing{refuses: refuses}
					const number = 2
					e := newSession(g, &connection{Driver: d}, &activeStream{stream: &driver.Stream{}}, number, 0)
					e.receiver = record.NewReceiver(record.NewRecorder(record.NewSink(pace.Window{})), e.call())
					ended := time.Now()
					e.storm, _ = g.storms.ended(false, "", 0)
					e.awaitReopening(false, time.Hour)
					_, _, err := g.openStream(g.reopens.ctx, e.driver, e.call(), e.user, e.active.Load(), e.tries())

					want := refuses + 1
					if attempts > 0 && attempts < want {
						want = attempts
					}
					if gaveUp := want <= refuses; len(d.tries) != want || (err != nil) != gaveUp || e.storm.Attempts != uint64(want) {
						t.Fatalf("%s, %d refused, at most %d: %d attempts, counted %d, want %d, error %v", policy, refuses, attempts, len(d.tries), e.storm.Attempts, want, err)
					}
					due, last, random := time.Duration(0), time.Duration(0), rand.New(rand.NewPCG(7, number))
					for n, at := range d.tries {
						last = c.Reconnect.Wait(n, last, random.Float64())
						if due += last; at.Sub(ended) != due {
							t.Errorf("%s: attempt %d after %v, want %v", policy, n, at.Sub(ended), due)
						}
					}
				})
			}
		}
	}
}
