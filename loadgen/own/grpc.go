package own

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/method"
	"rtbench/proto"
	"rtbench/scenarios"
)

// askTimeout bounds the asking by reflection.
const askTimeout = 10 * time.Second

// method finds what the endpoint's method takes and returns.
func (v *Server) method(ctx context.Context, s *scenarios.Scenario, e *scenarios.Endpoint) (*method.Method, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	full := strings.TrimPrefix(v.Endpoint.URL.Path, "/")
	if len(e.Proto) > 0 {
		var files, imports []string
		for _, f := range e.Proto {
			files = append(files, s.Resolve(f))
		}
		for _, d := range e.Import {
			imports = append(imports, s.Resolve(d))
		}
		return method.FromFiles(ctx, files, imports, full)
	}
	channel, md, err := driver.Channel(ctx, driver.Target{Address: v.Address, TLS: v.TLS, Own: v.Endpoint})
	if err != nil {
		return nil, errors.New(v.Hide(fmt.Sprintf("asking %s for %s: %v", v.Address, full, err)))
	}
	defer func() { _ = channel.Close() }()
	m, err := method.FromServer(ctx, channel, full, md)
	if err != nil {
		return nil, errors.New(v.Hide(fmt.Sprintf("asking %s for %s: %v", v.Address, full, err)))
	}
	return m, nil
}

// fitsMethod holds the pattern against the kind of method.
func fitsMethod(m *method.Method, pattern string) error {
	want, kind := string(proto.Echo), "unary"
	switch {
	case m.ClientStreams && m.ServerStreams:
		kind = "bidirectional streaming"
		if pattern == string(proto.Fanout) || pattern == string(proto.Push) {
			return nil // a subscription is the first message, of a step
		}
	case m.ServerStreams:
		want, kind = string(proto.Push), "server streaming"
	case m.ClientStreams:
		want, kind = string(proto.Upload), "client streaming"
	}
	if pattern != want {
		return fmt.Errorf("%s/%s is %s; expected `pattern: %s` for it, not %s", m.Service, m.Name, kind, want, pattern)
	}
	return nil
}
