//go:build !nofleet

package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// An outbox publishes the reports about a task in their order. It holds each until JetStream has it.
type outbox struct {
	js   jetstream.JetStream
	run  string
	next report // number and body are those of the last report
	// leaving ends when the agent leaves; unwanted reports whether nobody waits for the results; away is called
	// when JetStream begins not to take them.
	leaving  context.Context //nolint:containedctx // of the agent
	unwanted func() bool
	away     func()

	mu      sync.Mutex
	waiting []report
	closed  bool
	more    chan struct{} // has an element if waiting or closed changed
	sent    chan struct{} // closed once everything is sent or given up
	failed  error         // why it was given up; read it after sent
}

const (
	// keepResults is how long an agent tries to pass on a report while NATS is away, and leaveTimeout once
	// the agent leaves.
	keepResults  = 10 * time.Minute
	leaveTimeout = 5 * time.Second
	// publishTimeout is how long it waits for JetStream's answer before it sends a report again, which JetStream
	// then counts once.
	publishTimeout = 2 * time.Second
)

// newOutbox returns an outbox for the reports about a task of a run. first holds the fields that all have.
func (a *Agent) newOutbox(leaving context.Context, run string, first report) *outbox {
	o := &outbox{
		js: a.js, run: run, next: first, leaving: leaving, unwanted: func() bool { return a.forgotten(run) },
		away: func() {
			a.notice("NATS at %s does not take the results of run %s; this agent holds them for up to %v", a.Bus.URL, run, keepResults)
		},
		more: make(chan struct{}, 1), sent: make(chan struct{}),
	}
	go o.publish()
	return o
}

func (o *outbox) add(kind string, body []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next.number++
	r := o.next
	r.kind, r.body = kind, body
	o.waiting = append(o.waiting, r)
	o.wake()
}

func (o *outbox) wake() {
	select {
	case o.more <- struct{}{}:
	default:
	}
}

// count returns the number of reports.
func (o *outbox) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.next.number
}

// close returns once all reports are published, or with the reason why they are given up.
func (o *outbox) close() error {
	o.mu.Lock()
	o.closed = true
	o.wake()
	o.mu.Unlock()
	<-o.sent
	return o.failed
}

func (o *outbox) publish() {
	defer close(o.sent)
	for range o.more {
		for {
			o.mu.Lock()
			if len(o.waiting) == 0 {
				closed := o.closed
				o.mu.Unlock()
				if closed {
					return
				}
				break
			}
			r := o.waiting[0]
			o.waiting = o.waiting[1:]
			o.mu.Unlock()
			if o.failed = o.send(r); o.failed != nil {
				return
			}
		}
	}
}

// send publishes a report until JetStream has it. It returns why it gave up.
func (o *outbox) send(r report) error {
	until := time.Now().Add(keepResults)
	for first := true; ; first = false {
		ctx, cancel := context.WithTimeout(context.Background(), publishTimeout)
		_, err := o.js.PublishMsg(ctx, r.message(o.run))
		cancel()
		switch {
		case err == nil:
			return nil
		case errors.Is(err, jetstream.ErrNoStreamResponse) && o.unwanted():
			return errors.New("NATS keeps nothing of the run any more")
		}
		if o.leaving.Err() != nil {
			until = earlier(until, time.Now().Add(leaveTimeout))
		}
		if time.Now().After(until) {
			return fmt.Errorf("NATS did not take them: %w", err)
		}
		if first {
			o.away()
		}
		time.Sleep(retryEvery)
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
