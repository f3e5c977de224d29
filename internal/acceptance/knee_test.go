//go:build linux

package acceptance

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"rtbench/report/capacity"
)

// waitAtMost returns the probability that a message waits at most t in an M/D/1 queue: messages arrive at
// random with the given rate, and one worker takes service for each. See Erlang, "The theory of
// probabilities and telephone conversations" (1909).
func waitAtMost(t, service, rate float64) float64 {
	sum := 0.0
	for k := 0.0; k <= math.Floor(t/service); k++ {
		x := rate * (k*service - t) // at most 0
		term := math.Exp(-x)
		for i := 1.0; i <= k; i++ {
			term *= x / i
		}
		sum += term
	}
	return (1 - rate*service) * sum
}

// A queue is one with a worker and messages that arrive at random, whose times have a closed form.
type queue struct {
	name, fault string
	limit       time.Duration // of the p99
	// within returns the probability that a message takes at most t seconds at a rate.
	within func(t, rate float64) float64
}

const service = 0.001 // seconds for each message, or in the mean

var queues = []queue{
	{"M/D/1", "delay=1ms", 8 * time.Millisecond, func(t, rate float64) float64 {
		if t < service {
			return 0
		}
		return waitAtMost(t-service, service, rate)
	}},
	// The time in an M/M/1 queue is exponential. See Kleinrock, "Queueing Systems", volume 1 (1975).
	{"M/M/1", "random=1ms", 16 * time.Millisecond, func(t, rate float64) float64 {
		return 1 - math.Exp(-(1/service-rate)*t)
	}},
}

// knee returns the rate at which percentile 100·p of the times is limit seconds.
func (q queue) knee(p, limit float64) float64 {
	return bisect(0, 1/service, func(rate float64) bool { return q.within(limit, rate) > p })
}

// quantile returns percentile 100·p of the times at a rate, in seconds: twice the limit at most, since the sum
// for M/D/1 is inexact for long times.
func (q queue) quantile(p, rate float64) float64 {
	return bisect(0, 2*q.limit.Seconds(), func(t float64) bool { return q.within(t, rate) < p })
}

// bisect returns the end of the range, from low on, in which below holds.
func bisect(low, high float64, below func(float64) bool) float64 {
	for range 60 {
		if x := (low + high) / 2; below(x) {
			low = x
		} else {
			high = x
		}
	}
	return low
}

func TestKneeOfQueue(t *testing.T) {
	t.Parallel()
	// Without waiting the queue is empty.
	if got := waitAtMost(0, 1, 0.6); math.Abs(got-0.4) > 1e-9 {
		t.Errorf("%g of the messages do not wait, want 0.4", got)
	}
	// The mean wait is ρ·service/(2(1−ρ)), by Pollaczek and Khinchine.
	mean := 0.0
	for x := 0.0005; x < 20; x += 0.001 {
		mean += 0.001 * (1 - waitAtMost(x, 1, 0.6))
	}
	if math.Abs(mean-0.75) > 0.002 {
		t.Errorf("mean wait %g, want 0.75", mean)
	}
	if got, want := queues[1].knee(0.99, 0.16), 1/service-math.Log(100)/0.16; math.Abs(got-want) > 0.01 {
		t.Errorf("M/M/1: the p99 is 160 ms at %g/s, want %g/s", got, want)
	}
	for _, q := range queues {
		if p99 := q.quantile(0.99, q.knee(0.99, q.limit.Seconds())); math.Abs(p99-q.limit.Seconds()) > 1e-6 {
			t.Errorf("%s: the p99 is %g s at the knee for %v", q.name, p99, q.limit)
		}
		if p50 := q.quantile(0.5, 0.1); math.Abs(p50/service-map[string]float64{"M/D/1": 1, "M/M/1": math.Ln2}[q.name]) > 0.001 {
			t.Errorf("%s: the median is %g s at a low rate", q.name, p50)
		}
	}
}

// The search finds the capacity of servers whose queues have a closed form: one worker takes 1 ms for each message, or an
// exponential time with that mean. A step has about 2,000 messages. As these are few for a machine, several searches run
// at a time. The time that the wire and both processes add is measured at a low rate.
func TestSearchFindsKneeOfQueue(t *testing.T) {
	searches, err := strconv.Atoi(os.Getenv("RTBENCH_KNEE_SEARCHES"))
	if err != nil {
		t.Skip("takes long: RTBENCH_KNEE_SEARCHES=20 go test -timeout 4h -parallel 5 -run FindsKnee -v ./internal/acceptance")
	}
	for _, q := range queues {
		for _, protocol := range []string{"tcp", "websocket", "grpc"} {
			t.Run(q.name+"/"+protocol, func(t *testing.T) { q.searches(t, protocol, searches) })
		}
	}
}

// searches runs searches for the capacity of the queue.
func (q queue) searches(t *testing.T, protocol string, searches int) {
	s := queueSession(t)
	const rate = 100.0
	low := s.rtbench("run", "queue.yaml", "--set", "protocols="+protocol, "--set", fmt.Sprintf("load.rate=%g/s", rate), "--target", s.serve("--fault", q.fault).Control, "--quiet", "--out", "low").result("low")
	extra := low.Cells[0].Repetitions[0].Response.Quantile(50).Seconds() - q.quantile(0.5, rate)
	knee := q.knee(0.99, q.limit.Seconds()-extra)
	t.Logf("closed form %.1f/s with %.0f µs added", knee, 1e6*extra)
	var found atomic.Int64
	t.Run("seeds", func(t *testing.T) {
		for seed := range searches {
			t.Run(strconv.Itoa(seed), func(t *testing.T) {
				t.Parallel()
				if in := q.search(t, protocol, seed); in.Low <= knee && knee <= in.High {
					found.Add(1)
				}
			})
		}
	})
	if 20*int(found.Load()) < 19*searches {
		t.Errorf("%d of %d intervals contain the capacity", found.Load(), searches)
	}
}

// search returns the interval that a search finds; it is empty if the search found none.
func (q queue) search(t *testing.T, protocol string, seed int) capacity.Interval {
	s := queueSession(t)
	started := time.Now()
	r := s.rtbench("capacity", "queue.yaml", "--protocols", protocol, "--objective", fmt.Sprintf("p(99) < %v", q.limit), "--step", "3s", "--precision", "0.09",
		"--set", fmt.Sprintf("load.seed=%d", 1000*(seed+1)), "--seed", strconv.Itoa(seed), "--target", s.serve("--fault", q.fault).Control, "--quiet", "--out", "found").result("found")
	a := capacity.Subjects(r)[0].Answer
	in := a.Interval
	t.Logf("%s %.1f (%.1f to %.1f) in %v", a.Kind, in.At, in.Low, in.High, time.Since(started).Round(time.Second))
	if a.Kind != capacity.Found {
		return capacity.Interval{}
	}
	if (in.High-in.Low)/2 > 0.2*in.At {
		t.Error("the interval is wider than ±20 %")
	}
	return in
}

func queueSession(t *testing.T) *session {
	s := newSession(t, map[string]string{"queue.yaml": `name: queue
pattern: echo
load: {rate: 200/s, arrivals: poisson, connections: 1}
phases: {warmup: 2s, steady: 20s}
`})
	s.limit = time.Hour
	return s
}
