//go:build linux

package acceptance

import (
	"fmt"
	"math"
	"os"
	"strconv"
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

// kneeOf returns the rate at which percentile p of the time in an M/D/1 queue is limit.
func kneeOf(p, limit, service float64) float64 {
	low, high := 0.0, 1/service
	for range 60 {
		if rate := (low + high) / 2; waitAtMost(limit-service, service, rate) > p {
			low = rate
		} else {
			high = rate
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
}

// The search finds the capacity of a server whose queue has a closed form: one worker takes 500 µs for each
// message. The time that the wire and both processes add is measured at a low rate. A search takes about a
// minute.
func TestSearchFindsKneeOfQueue(t *testing.T) {
	searches, err := strconv.Atoi(os.Getenv("RTBENCH_KNEE_SEARCHES"))
	if err != nil {
		t.Skip("needs a quiet machine: RTBENCH_KNEE_SEARCHES=20 go test -timeout 2h -run FindsKnee -v ./internal/acceptance")
	}
	const service, limit = 500 * time.Microsecond, 4 * time.Millisecond
	for _, protocol := range []string{"tcp", "websocket", "grpc"} {
		s := newSession(t, map[string]string{"queue.yaml": `name: queue
pattern: echo
load: {rate: 200/s, arrivals: poisson, connections: 1}
phases: {warmup: 500ms, steady: 10s}
`})
		address := func() string { return serve(t, "--fault", "delay="+service.String()).Control } // for two minutes
		low := s.rtbench("run", "queue.yaml", "--set", "protocols="+protocol, "--set", "load.rate=50/s", "--target", address(), "--quiet", "--out", "low").result("low")
		extra := low.Cells[0].Repetitions[0].Response.Quantile(50) - service
		knee := kneeOf(0.99, (limit - extra).Seconds(), service.Seconds())
		found := 0
		for seed := range searches {
			dir := fmt.Sprintf("r%d", seed)
			started := time.Now()
			r := s.rtbench("capacity", "queue.yaml", "--protocols", protocol, "--objective", fmt.Sprintf("p(99) < %v", limit), "--step", "2s",
				"--set", fmt.Sprintf("load.seed=%d", 1000*(seed+1)), "--seed", strconv.Itoa(seed), "--target", address(), "--quiet", "--out", dir).result(dir)
			a := capacity.Subjects(r)[0].Answer
			in := a.Interval
			t.Logf("%s, seed %d: %s %.0f (%.0f to %.0f), closed form %.0f with %v added, in %v",
				protocol, seed, a.Kind, in.At, in.Low, in.High, knee, extra, time.Since(started).Round(time.Second))
			if a.Kind == capacity.Found && in.Low <= knee && knee <= in.High {
				found++
			}
			if a.Kind == capacity.Found && (in.High-in.Low)/2 > 0.1*in.At {
				t.Errorf("%s, seed %d: the interval is wider than ±10 %%", protocol, seed)
			}
		}
		if 20*found < 19*searches {
			t.Errorf("%s: %d of %d intervals contain the capacity", protocol, found, searches)
		}
	}
}
