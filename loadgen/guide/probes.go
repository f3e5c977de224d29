package guide

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"rtbench/loadgen/guide/probe"
	"rtbench/loadgen/target"
	"rtbench/report/result"
)

// runProbe runs p and adds its observations to e. An interrupted probe is not stored.
func (g Gatherer) runProbe(ctx context.Context, p probe.Probe, servers *probeServers, e *result.Evidence) (unstored, err error) {
	infos, err := servers.get(ctx)
	if err != nil {
		return nil, err
	}
	n := probe.NewNotes(p.Name)
	out := &result.Probe{Version: result.Version, Name: p.Name, About: p.About, Started: time.Now()}
	err = p.Do(ctx, infos, n)
	out.Elapsed = time.Since(out.Started)
	out.Observations, out.Log = n.Observations(), n.Log()
	var missing probe.ErrMissing
	switch {
	case ctx.Err() != nil:
		return nil, nil
	case errors.As(err, &missing):
		out.Missing = missing.Reason
	case err != nil:
		out.Error = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	e.Probes[p.Name] = out
	return result.WriteProbe(g.Dir, out), nil
}

// probeServers holds the reference servers that probes talk to, one in cleartext and one
// with TLS. The first probe starts them.
type probeServers struct {
	command []string
	servers probe.Servers
	stops   []func()
}

func (s *probeServers) get(ctx context.Context) (probe.Servers, error) {
	if len(s.stops) > 0 {
		return s.servers, nil
	}
	command := slices.Concat(s.command, []string{"--token-for", probe.User, "--event-interval", "100ms"})
	plain, err := target.Start(ctx, command)
	if err != nil {
		return probe.Servers{}, err
	}
	secure, err := target.Start(ctx, append(command, "--tls"))
	if err != nil {
		plain.Stop()
		return probe.Servers{}, err
	}
	s.servers = probe.Servers{Plain: plain.Info, TLS: secure.Info}
	s.stops = []func(){plain.Stop, secure.Stop}
	return s.servers, nil
}

func (s *probeServers) stop() {
	for _, stop := range s.stops {
		stop()
	}
	s.stops = nil
}
