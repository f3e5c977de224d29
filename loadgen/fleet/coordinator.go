//go:build !nofleet

package fleet

import (
	"context"
	"fmt"
	"slices"
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
	answers time.Duration // how long an agent may take to answer
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

// Start connects to NATS or, if the bus has no URL, starts a server in this process. version is that of
// rtbench. waiting is called if nothing answers at the URL yet.
func Start(ctx context.Context, bus Bus, at Broker, version string, waiting func(error)) (*Coordinator, error) {
	c := &Coordinator{bus: bus, run: newRun(), version: version, heard: map[string]*member{}, sent: map[string]bool{}, clock: clock.Now, clockID: clock.ID(), lease: lease, answers: askTimeout, maxSkew: result.DefaultSkew}
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
	c.ending.Go(func() { announce(c.ctx, c.announce) })
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
	_ = c.nc.Publish(subject(runSubject, c.run), nil) // the next one may succeed
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
