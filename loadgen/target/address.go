package target

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/scenarios"
)

// connect finds the server at the scenario's address: a reference server by its control
// address or, over the guide's API, any server by the address of the API.
func (s *Server) connect(ctx context.Context, spec Spec) error {
	address := spec.Scenario.Target
	u, err := url.Parse(address)
	isAPI := err == nil && u.Host != "" && u.Scheme != "http"
	if !isAPI {
		if err = s.readControl(ctx, address); err == nil || !spec.guide() || ctx.Err() != nil {
			return err
		}
		if u, err = url.Parse(address); err != nil || u.Host == "" {
			u = &url.URL{Scheme: "http", Host: address}
		}
	}
	return s.dial(u, spec.Cell.Protocol)
}

// readControl reads the Info of a running reference server.
func (s *Server) readControl(ctx context.Context, control string) error {
	control = hostPort(control)
	if err := getJSON(ctx, s.client, control, "/", &s.Info); err != nil {
		return fmt.Errorf("no reference server answers at %s: %w; expected the control address of a running `rtbench serve`", control, err)
	}
	s.Info.Control, s.pid = control, s.Info.PID
	s.specify()
	return nil
}

// specify replaces addresses such as 0.0.0.0:9001, on which a server listens for all hosts, by those at which
// its control address was reached.
func (s *Server) specify() {
	here, _, err := net.SplitHostPort(s.Info.Control)
	if err != nil {
		return
	}
	for name, address := range s.Info.Addresses {
		host, port, err := net.SplitHostPort(address)
		if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
			s.Info.Addresses[name] = net.JoinHostPort(here, port)
		}
	}
}

const dialTimeout = 10 * time.Second

// Dial returns an error if nothing listens at u.
func Dial(u *url.URL) error { return (&Server{}).dial(u, "") }

// dial fills in a server known only by the URL of its API.
func (s *Server) dial(u *url.URL, protocol string) error {
	address := addressOf(u)
	if proto.SchemeByName(u.Scheme).TLS {
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	s.Info.Addresses = map[string]string{protocol: address}
	nc, err := net.DialTimeout("tcp", address, dialTimeout)
	if err != nil {
		return fmt.Errorf("nothing listens at the target %s: %w", u, err)
	}
	return nc.Close()
}

// schemes lists the URL schemes of a protocol of the guide's API.
func schemes(protocol string) []string {
	p, _ := proto.ProtocolByName(protocol)
	sse, _ := proto.ProtocolByName("sse")
	if len(p.Guide) == 0 {
		return nil
	}
	return proto.SchemeNames(p, sse)
}

// Fits reports whether a server at address may speak protocol. An address without a scheme
// fits every protocol.
func Fits(address, protocol string) bool {
	u, err := url.Parse(address)
	return err != nil || u.Host == "" || slices.Contains(schemes(protocol), u.Scheme)
}

// CheckSchemes returns an error if the address of a scenario fits none of its protocols.
func CheckSchemes(list []*scenarios.Scenario) error {
	for _, s := range list {
		if !slices.ContainsFunc(s.Protocols, func(p string) bool { return Fits(s.Target, p) }) {
			return fmt.Errorf("target %s fits no protocol of scenario %s (%s); expected one of %v",
				s.Target, s.Name, strings.Join(s.Protocols, ", "), schemes(s.Protocols[0]))
		}
	}
	return nil
}
