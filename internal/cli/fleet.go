//go:build !nofleet

package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"rtbench/loadgen"
	"rtbench/loadgen/fleet"
	"rtbench/proto"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// fleetFlags share repetitions among agents.
type fleetFlags struct {
	agents    int
	local     bool
	listen    string
	cert, key string
	maxSkew   time.Duration
	bus       busFlags
}

// busFlags say how to reach a NATS server.
type busFlags struct{ url, ca, tokenFile string }

func (f *busFlags) register(c *cobra.Command, name, usage string) {
	c.Flags().StringVar(&f.url, name, "", usage)
	c.Flags().StringVar(&f.ca, "nats-ca", "", "PEM `FILE` of trusted root certificates for NATS over TLS (default: the system's)")
	c.Flags().StringVar(&f.tokenFile, "token-file", "", "read the fleet's token from `FILE` (default: from "+fleet.TokenVariable+"); - is the first line of standard input")
}

func (f *fleetFlags) register(c *cobra.Command) {
	c.Flags().IntVar(&f.agents, "agents", 0, "share each repetition among `NUMBER` agents, which send and receive at the same time")
	c.Flags().BoolVar(&f.local, "local", false, "start the agents of --agents on this machine")
	c.Flags().StringVar(&f.listen, "listen", defaultListen, "`ADDRESS` at which rtbench's own NATS server waits for agents; it ends with this process")
	c.Flags().StringVar(&f.cert, "nats-cert", "", "PEM `FILE` with the certificate of rtbench's own NATS server, which then speaks TLS; needs --nats-key")
	c.Flags().StringVar(&f.key, "nats-key", "", "PEM `FILE` with the key of --nats-cert")
	c.Flags().DurationVar(&f.maxSkew, "max-skew", result.DefaultSkew, "report a finding if the first messages of the agents are sent further apart than `TIME`")
	f.bus.register(c, "nats", "`URL` of a NATS server with JetStream, instead of rtbench's own; it keeps the run if this process dies")
}

// defaultListen is the default of --listen.
const defaultListen = "127.0.0.1:4222"

// check returns an error if flags exclude each other.
func (f *fleetFlags) check() error {
	switch {
	case f.agents < 1:
		return usageError("--agents %d: expected at least 1", f.agents)
	case f.local && f.bus.url != "":
		return usageError("--local with --nats: expected one of them; start agents with `rtbench agent --join %s`", f.bus.url)
	case f.local && (f.listen != defaultListen || f.cert != "" || f.key != ""):
		return usageError("--local with --listen or --nats-cert: expected --local alone; its agents reach NATS at a free port of this machine")
	case f.bus.url != "" && (f.listen != defaultListen || f.cert != "" || f.key != ""):
		return usageError("--nats with --listen or --nats-cert, which are of rtbench's own NATS server: expected one of them")
	case f.maxSkew <= 0:
		return usageError("--max-skew %v: expected a time above 0, such as 1ms", f.maxSkew)
	case (f.cert == "") != (f.key == ""):
		return usageError("--nats-cert and --nats-key: expected both")
	}
	return nil
}

// used reports whether agents run the repetitions.
func (f *fleetFlags) used() bool { return f.agents != 0 || f.local || f.bus.url != "" }

// size returns the number of agents; 0 if there are none.
func (f *fleetFlags) size() int { return f.agents }

// cores returns the number of cores that generate the load; 0 if it is unknown.
func (f *fleetFlags) cores() int {
	if f.used() && !f.local {
		return 0
	}
	return loadgen.Environment().Cores
}

// broker returns where rtbench's own NATS server listens.
func (f *fleetFlags) broker() (fleet.Broker, error) {
	if f.local {
		return fleet.Broker{Host: "127.0.0.1"}, nil
	}
	host, text, err := net.SplitHostPort(f.listen)
	port, notNumber := strconv.Atoi(text)
	if err != nil || notNumber != nil || port < 0 || port > 65535 {
		return fleet.Broker{}, usageError("--listen %s: expected an address such as 0.0.0.0:4222", f.listen)
	}
	return fleet.Broker{Host: host, Port: port, Cert: f.cert, Key: f.key}, nil
}

// token returns the fleet's token. Local agents get a new one.
func (f *fleetFlags) token() (string, error) {
	if f.local {
		return fleet.NewToken(), nil
	}
	return readToken(f.bus.tokenFile)
}

// localTimeout is how long local agents may take to join.
const localTimeout = 30 * time.Second

// start returns the fleet that the flags describe, or nil, and a function that ends it.
func (f *fleetFlags) start(ctx context.Context, list []*scenarios.Scenario, quiet bool) (loadgen.Fleet, func(), error) {
	if !f.used() {
		return nil, func() {}, nil
	}
	if err := f.check(); err != nil {
		return nil, nil, err
	}
	if refused := loadgen.CheckFleet(list, f.agents); refused != nil {
		return nil, nil, exitCodeError{refused, exitScenario}
	}
	at, err := f.broker()
	if err != nil {
		return nil, nil, err
	}
	token, err := f.token()
	if err != nil {
		return nil, nil, err
	}
	say := sayUnless(quiet)
	c, err := fleet.Start(ctx, fleet.Bus{URL: f.bus.url, CA: f.bus.ca, Token: token}, at, proto.VersionAndCommit(),
		func(err error) { say("waiting for %s: %v", f.bus.url, err) })
	if err == nil {
		if err = f.gather(ctx, c, say); err == nil {
			c.LimitSkew(f.maxSkew)
			return c, c.Close, nil
		}
		c.Close()
	}
	if ctx.Err() != nil {
		return nil, nil, exitError(exitInterrupted, "interrupted: %w", err)
	}
	return nil, nil, err
}

// sayUnless returns a function that prints a line for the user, unless quiet.
func sayUnless(quiet bool) func(format string, args ...any) {
	return func(format string, args ...any) {
		if !quiet {
			fmt.Fprintf(os.Stderr, format+"\n", args...)
		}
	}
}

// explainCollect says how to complete the run if this process dies.
func (f *fleetFlags) explainCollect(agents loadgen.Fleet, quiet bool) {
	if c, ok := agents.(*fleet.Coordinator); ok && f.bus.url != "" {
		sayUnless(quiet)("run %s; if this process dies: rtbench fleet collect %s --nats %s", c.RunName(), c.RunName(), f.bus.url)
	}
}

// gather waits for the agents, which it starts if they are local.
func (f *fleetFlags) gather(ctx context.Context, c *fleet.Coordinator, say func(string, ...any)) error {
	if f.local {
		exe, err := os.Executable()
		if err != nil {
			return fmt.Errorf("finding the executable of rtbench: %w", err)
		}
		if err := c.StartLocal([]string{exe, "agent", "--until-stdin-ends", "--allow-commands"}, f.agents); err != nil {
			return err
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, localTimeout, errors.New("the others did not start in time"))
		defer cancel()
	}
	return c.Gather(ctx, f.agents, func(missing int) {
		if missing > 0 && !f.local {
			say("waiting for %s at %s: rtbench agent --join URL --token-file FILE", result.Plural(missing, "agent"), c.URL())
		}
	})
}
