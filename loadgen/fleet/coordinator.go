//go:build !nofleet

package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtbench/proto/clock"
	"rtbench/report/result"
)

// A Coordinator runs repetitions on agents. It implements loadgen.Fleet.
type Coordinator struct {
	bus     Bus
	run     string // identifies it
	version string // of rtbench
	broker  *broker
	nc      *nats.Conn
	js      jetstream.JetStream
	stream  jetstream.Stream
	consume jetstream.ConsumeContext
	store   jetstream.ObjectStore // nil until something is put there
	sent    map[string]bool       // the scenarios in the store
	saving  bool                  // for a process that collects the run
	unsaved []object
	clock   func() int64
	clockID string
	lease   time.Duration
	maxSkew time.Duration
	locals  []*local
	ctx     context.Context //nolint:containedctx // of the announcements
	cancel  context.CancelFunc
	ending  sync.WaitGroup
	members []*member // claimed, in the order of their shares
	attempt int       // number of the last one
	ended   int       // commands of its events that have ended

	mu         sync.Mutex
	read       uint64             // the sequence number of the last report read
	heard      map[string]*member // by name
	collection *collection        // of the current attempt, or nil
}

// A member is an agent that the coordinator knows.
type member struct {
	hello
	at   time.Time // of its last hello
	gone string    // why its process ended; empty if it has not
}

// Start connects to NATS or, if the bus has no URL, starts a server in this process. version is that of
// rtbench. waiting is called if nothing answers at the URL yet.
func Start(ctx context.Context, bus Bus, at Broker, version string, waiting func(error)) (*Coordinator, error) {
	c := &Coordinator{bus: bus, run: newRun(), version: version, heard: map[string]*member{}, sent: map[string]bool{}, clock: clock.Now, clockID: clock.ID(), lease: lease, maxSkew: result.DefaultSkew}
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	err := c.start(ctx, at, waiting)
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Coordinator) start(ctx context.Context, at Broker, waiting func(error)) (err error) {
	var options []nats.Option
	bus := c.bus
	if bus.URL == "" {
		if c.broker, err = at.start(c.bus.Token); err != nil {
			return err
		}
		c.bus.URL = c.broker.ClientURL()
		bus.URL = "nats://in-process" // needs no TLS
		options = append(options, nats.InProcessServer(c.broker))
	}
	if c.nc, err = bus.connect(ctx, "coordinator "+c.run, waiting, options...); err != nil {
		return err
	}
	if _, err := c.nc.Subscribe(helloSubject, c.noteHello); err != nil {
		return fmt.Errorf("listening to agents: %w", err)
	}
	if _, err := c.nc.Subscribe(subject(clockSubject, c.run), tellTime(func() int64 { return c.clock() })); err != nil {
		return fmt.Errorf("listening to agents: %w", err)
	}
	if err := c.keepReports(ctx); err != nil {
		return err
	}
	c.ending.Go(c.announce)
	return nil
}

// keepReports creates the stream of the agents' reports and reads it.
func (c *Coordinator) keepReports(ctx context.Context) (err error) {
	if c.js, err = jetstream.New(c.nc); err == nil {
		c.stream, err = c.js.CreateStream(ctx, jetstream.StreamConfig{
			Name: kept(c.run), Subjects: []string{subject(reportSubject, c.run, "*")}, MaxAge: 24 * time.Hour,
		})
	}
	if err != nil {
		return fmt.Errorf("NATS at %s cannot keep results: %w; expected a server with JetStream", c.bus.URL, err)
	}
	return c.readReports(ctx)
}

// readReports reads the stream from its beginning, and its later reports.
func (c *Coordinator) readReports(ctx context.Context) error {
	reader, err := c.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err == nil {
		c.consume, err = reader.Consume(c.noteReport)
	}
	if err != nil {
		return fmt.Errorf("reading results from NATS: %w", err)
	}
	return nil
}

// announce tells the claimed agents that their coordinator is alive.
func (c *Coordinator) announce() {
	tick := time.NewTicker(helloEvery)
	defer tick.Stop()
	for {
		_ = c.nc.Publish(subject(runSubject, c.run), nil) // the next one may succeed
		select {
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
	}
}

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

func (c *Coordinator) noteReport(m jetstream.Msg) {
	r, ok := readReport(m.Subject(), m.Headers(), m.Data())
	meta, err := m.Metadata()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.read = meta.Sequence.Stream
	}
	if ok && c.collection != nil {
		c.collection.add(r)
	}
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
func (c *Coordinator) ask(m *member, what string, v any) (refused string, err error) {
	r, err := c.request(m, what, v)
	return r.Refused, err
}

// request sends a request to an agent and returns its reply.
func (c *Coordinator) request(m *member, what string, v any) (r reply, err error) {
	answer, err := c.nc.Request(subject(agentSubjects, m.Name, what), encode(v), askTimeout)
	if err != nil {
		return r, fmt.Errorf("it does not answer: %w", err)
	}
	if err := json.Unmarshal(answer.Data, &r); err != nil {
		return r, fmt.Errorf("its answer cannot be read: %w", err)
	}
	return r, nil
}

// newRun returns a name for a run, by which people find it.
func newRun() string { return time.Now().Format("20060102-150405-") + NewToken()[:6] }

// RunName returns the name of the run.
func (c *Coordinator) RunName() string { return c.run }

// URL returns the address of NATS.
func (c *Coordinator) URL() string { return c.bus.URL }

// LimitSkew sets MaxSkew. The default is result.DefaultSkew.
func (c *Coordinator) LimitSkew(to time.Duration) { c.maxSkew = to }

// MaxSkew implements loadgen.Fleet.
func (c *Coordinator) MaxSkew() time.Duration { return c.maxSkew }

// Size returns the number of claimed agents.
func (c *Coordinator) Size() int { return len(c.members) }

// Elsewhere implements loadgen.Fleet. Another machine has another clock.
func (c *Coordinator) Elsewhere() string {
	i := slices.IndexFunc(c.members, func(m *member) bool { return m.Clock != c.clockID })
	if i < 0 {
		return ""
	}
	return c.members[i].Name
}

// Close releases the agents and ends everything that Start and StartLocal started.
func (c *Coordinator) Close() {
	c.release()
	for _, l := range c.locals {
		l.stop()
	}
	c.cancel()
	c.ending.Wait()
	if c.consume != nil {
		c.consume.Stop()
	}
	if c.stream != nil {
		ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
		_ = c.js.DeleteStream(ctx, kept(c.run))
		if c.store != nil {
			_ = c.js.DeleteObjectStore(ctx, kept(c.run))
		}
		cancel()
	}
	if c.nc != nil {
		_ = c.nc.FlushTimeout(helloEvery)
		c.nc.Close()
	}
	c.broker.stop()
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
