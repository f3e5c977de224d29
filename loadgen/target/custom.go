// Package target finds the server under test. It starts a reference server or connects to a
// running one, reads its metrics, and turns a scenario's description of a custom target into an
// endpoint and a script. It opens no stream and measures nothing.
package target

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"

	"rtbench/loadgen/driver"
	"rtbench/loadgen/grpcschema"
	"rtbench/loadgen/route"
	"rtbench/loadgen/script"
	"rtbench/proto"
	"rtbench/scenarios"
)

// A Custom is a custom target, prepared for one protocol. It is safe for concurrent use by many
// drivers.
type Custom struct {
	Address string       // host:port
	TLS     *tls.Config  // nil: cleartext
	Route   *route.Route // of connections to Address

	OptionalALPN bool             // as in driver.Target
	Ping         driver.Ping      // as in driver.Target, without Counts
	Endpoint     *driver.Endpoint // of all streams; see EndpointOf
	Script       *script.Script

	body, request func(share int) []byte            // of a stream's Endpoint, or nil
	mqtt          func(share, room int) driver.MQTT // of a stream's Endpoint, or nil

	mu      sync.Mutex
	known   map[string]bool // secrets as they are
	secrets []string        // secrets in every encoding
}

// PrepareCustom compiles the target of scenario s for cell c. The result also serves other cells
// of the same protocol, pattern, model and size. ctx bounds requests to the server.
func PrepareCustom(ctx context.Context, s *scenarios.Scenario, c scenarios.Cell) (*Custom, error) {
	e := s.Custom.Endpoints[c.Protocol]
	if e == nil {
		return nil, fmt.Errorf("target: no endpoint for %s", c.Protocol)
	}
	t := newCustom(s)
	if err := t.prepare(ctx, s, c, e, true); err != nil {
		return nil, t.redactError(err)
	}
	return t, nil
}

// EndpointOf returns the endpoint of a stream in a room, for one Open.
func (t *Custom) EndpointOf(share, room int) *driver.Endpoint {
	e := *t.Endpoint
	e.Share = share
	if t.body != nil {
		e.Body = t.body(share)
	}
	if t.request != nil {
		e.Request = t.request(share)
	}
	if t.mqtt != nil {
		e.MQTT = t.mqtt(share, room)
	}
	return &e
}

// redactError returns err without secrets.
func (t *Custom) redactError(err error) error {
	if text := t.Redact(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}

// prepare fills in t. Without a .proto file it looks up the gRPC method by reflection, or skips
// the checks that need the method if reflect is false.
func (t *Custom) prepare(ctx context.Context, s *scenarios.Scenario, c scenarios.Cell, e *scenarios.Endpoint, reflect bool) error {
	if err := t.configure(s, e); err != nil {
		return err
	}
	if proto.QUIC(c.Protocol) {
		if err := datagrams(t.Route, c.Protocol); err != nil {
			return err
		}
	}
	if c.Network.Emulated() || c.Partitions() {
		if err := relayed(t.Route); err != nil {
			return err
		}
	}
	var err error
	var m *grpcschema.Method
	if c.Protocol == "grpc" && (reflect || len(e.Proto) > 0) {
		if m, err = t.method(ctx, s, e); err != nil {
			return err
		}
		t.Endpoint.ClientStreams, t.Endpoint.ServerStreams = m.ClientStreams, m.ServerStreams
		if err := checkPattern(m, c.Pattern); err != nil {
			return err
		}
		if err := checkSteps(s, m); err != nil {
			return err
		}
	}
	b := scriptBuilder{scenario: s, cell: c, server: t, method: m}
	if t.Script, err = b.script(); err != nil {
		return err
	}
	if c.Protocol == "mqtt" {
		return b.setMQTT(e)
	}
	return b.setBody(e)
}

// configure fills in the endpoint and how to connect to it, before any connection.
func (t *Custom) configure(s *scenarios.Scenario, e *scenarios.Endpoint) error {
	err := t.configureEndpoint(s, e)
	if err == nil {
		t.TLS, err = t.tlsConfig(s)
	}
	if err == nil {
		t.Route, err = t.routeTo(s)
	}
	return err
}

// CheckCustom checks the files that a scenario names, without any request to the server: it
// knows gRPC methods only from .proto files.
func CheckCustom(s *scenarios.Scenario) error {
	if s.Custom == nil {
		return nil
	}
	checked := map[string]bool{}
	for _, c := range s.Cells() {
		s := s.Of(c)
		e := s.Custom.Endpoints[c.Protocol]
		key := fmt.Sprintf("%s %s %s %d", c.Group, c.Protocol, c.Pattern, c.Size)
		if e == nil || checked[key] {
			continue
		}
		checked[key] = true
		t := newCustom(s)
		if err := t.prepare(context.Background(), s, c, e, false); err != nil {
			return t.redactError(err)
		}
	}
	return nil
}
