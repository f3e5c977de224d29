//go:build !nofleet

package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"rtbench/report/result"
)

// A member is an agent that the coordinator knows.
type member struct {
	hello
	at   time.Time // of its last hello
	gone string    // why its process ended; empty if it has not
}

// noteHello notes that an agent is alive.
func (c *Coordinator) noteHello(m *nats.Msg) {
	var h hello
	if json.Unmarshal(m.Data, &h) != nil || h.Name == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.heard[h.Name]
	if known == nil {
		known = &member{hello: h}
		c.heard[h.Name] = known
	}
	known.Run, known.at = h.Run, time.Now()
}

// Gather claims n agents. It waits for them until ctx ends or an agent cannot join; waiting receives the
// number of those that are still missing when it changes.
func (c *Coordinator) Gather(ctx context.Context, n int, waiting func(missing int)) error {
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	last := -1
	for {
		if err := c.claimAll(n); err != nil {
			return err
		}
		missing := n - len(c.members)
		if missing == 0 {
			slices.SortFunc(c.members, func(a, b *member) int { return strings.Compare(a.Name, b.Name) })
			return nil
		}
		if missing != last {
			last = missing
			waiting(missing)
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return fmt.Errorf("%d of %s joined: %w", len(c.members), result.Plural(n, "agent"), context.Cause(ctx))
		}
	}
}

// claimAll claims free agents, at most n in total.
func (c *Coordinator) claimAll(n int) error {
	c.mu.Lock()
	var free []*member
	for _, m := range c.heard {
		if m.gone == "" && m.Run == "" && time.Since(m.at) < c.lease && !slices.Contains(c.members, m) {
			free = append(free, m)
		}
	}
	failed := c.localFailure()
	c.mu.Unlock()
	if failed != nil {
		return failed
	}
	for _, m := range free {
		if len(c.members) == n {
			return nil
		}
		if m.Version != c.version {
			return fmt.Errorf("agent %s runs rtbench %s; expected %s, as here: use the same rtbench on all machines", m.Name, m.Version, c.version)
		}
		if refused, err := c.ask(m, "claim", claim{c.run}); err == nil && refused == "" {
			c.members = append(c.members, m)
		}
	}
	return nil
}

// ask sends a request to an agent and returns why it was refused; empty if it was granted.
func (c *Coordinator) ask(m *member, request string, v any) (refused string, err error) {
	r, err := c.request(m, request, v)
	return r.Refused, err
}

// request sends a request to an agent and returns its reply.
func (c *Coordinator) request(m *member, request string, v any) (r reply, err error) {
	answer, err := c.nc.Request(subject(agentSubjects, m.Name, request), encode(v), c.answers)
	if err != nil {
		return r, fmt.Errorf("it does not answer: %w", err)
	}
	if err := json.Unmarshal(answer.Data, &r); err != nil {
		return r, fmt.Errorf("its answer cannot be read: %w", err)
	}
	return r, nil
}

// release ends the claim on the agents.
func (c *Coordinator) release() {
	for _, m := range c.members {
		_ = c.nc.Publish(subject(agentSubjects, m.Name, "release"), encode(claim{c.run})) // or it ends with the lease
	}
}

// lost returns why an agent is lost; empty if it is not.
func (c *Coordinator) lost(m *member) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch silent := time.Since(m.at); {
	case m.gone != "":
		return m.gone
	case silent > c.lease:
		return fmt.Sprintf("it has not been heard for %v", silent.Round(time.Second))
	}
	return ""
}
