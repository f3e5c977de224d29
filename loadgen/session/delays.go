package session

import (
	"math/rand/v2"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/scenarios/cell"
)

// Delays are the waits of a stream before its attempts to reconnect, as the scenario says.
type delays struct {
	policy cell.Reconnect
	n      int // attempts since the stream was last at work
	last   time.Duration
	random *rand.Rand
}

// newDelays returns the delays of a stream; nil if the scenario leaves them to rtbench.
func newDelays(c *cell.Config, number int) *delays {
	if !c.HasPolicy() {
		return nil
	}
	return &delays{policy: c.Reconnect, random: rand.New(rand.NewPCG(uint64(c.Seed), uint64(number)))}
}

// next returns the wait before the next attempt.
func (d *delays) next() time.Duration {
	d.last = d.policy.Wait(d.n, d.last, d.random.Float64())
	d.n++
	return d.last
}

// ended notes the end of a stream that lived for so long, and brought messages or not.
func (d *delays) ended(lived time.Duration, barren bool) {
	if !barren || lived >= d.policy.Cap {
		d.n, d.last = 0, 0
	}
}

// retry returns the wait after attempt n since the stream ended, counted from 0, failed with err, and
// whether another follows.
func (d *delays) retry(n int, err error) (time.Duration, bool) {
	if driver.Final(err) || d.policy.Attempts > 0 && n+1 >= d.policy.Attempts {
		return 0, false
	}
	return d.next(), true
}

// retry is that of streams whose delays rtbench chooses.
func (p Policy) retry(n int, err error) (time.Duration, bool) { return backoff(n), p.retries(n, err) }
