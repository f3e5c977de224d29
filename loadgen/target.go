package loadgen

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"rtbench/proto"
	"rtbench/scenarios"
)

// tokenUser is whom the own servers have a token for, and tokenVariable where the user
// puts the token for a target.
const (
	tokenUser     = "rtbench"
	tokenVariable = "RTBENCH_TOKEN"
)

// token is what is shown where the guide's contract asks for one; it may be empty.
func (t *serverHandle) token() string {
	if t.child != nil {
		return t.info.Tokens[tokenUser]
	}
	return os.Getenv(tokenVariable)
}

// find finds the server at the scenario's target: a reference server by its control
// address, or, for the guide's contract, any server by its own.
func (t *serverHandle) find(ctx context.Context, j job) error {
	at := j.scenario.Address
	u, err := url.Parse(at)
	own := err == nil && u.Host != "" && u.Scheme != "http"
	if !own {
		if err = t.ask(ctx, at); err == nil || !j.guide() || ctx.Err() != nil {
			return err
		}
		if u, err = url.Parse(at); err != nil || u.Host == "" {
			u = &url.URL{Scheme: "http", Host: at}
		}
	}
	return t.point(u, j.point.Protocol)
}

// secureSchemes are those of targets with TLS, and schemesOf those that fit a protocol.
var (
	secureSchemes = map[string]bool{"https": true, "wss": true, "grpcs": true}
	schemesOf     = map[string][]string{
		"websocket": {"ws", "wss", "http", "https"}, "sse": {"http", "https"}, "sse-h2": {"http", "https"}, "grpc": {"grpc", "grpcs", "http", "https"},
	}
)

// fits says whether a target may be asked for a protocol. One without a scheme of its own,
// and one of HTTP, may be asked for any.
func fits(target, protocol string) bool {
	u, err := url.Parse(target)
	return err != nil || u.Host == "" || slices.Contains(schemesOf[protocol], u.Scheme)
}

// CheckTargets refuses a scenario whose target fits none of its protocols. Those that it
// does not fit are left out where it fits others.
func CheckTargets(list []*scenarios.Scenario) error {
	for _, s := range list {
		if !slices.ContainsFunc(s.Protocols, func(p string) bool { return fits(s.Address, p) }) {
			return fmt.Errorf("target %s fits no protocol of scenario %s, which has %s; expected one of %v there",
				s.Address, s.Name, strings.Join(s.Protocols, ", "), schemesOf[s.Protocols[0]])
		}
	}
	return nil
}

// point takes a server that nothing is known of but where it listens.
func (t *serverHandle) point(u *url.URL, protocol string) error {
	address := u.Host
	if u.Port() == "" {
		port := "80"
		if secureSchemes[u.Scheme] {
			port = "443"
		}
		address = net.JoinHostPort(u.Hostname(), port)
	}
	if secureSchemes[u.Scheme] {
		t.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	t.info.Addresses = map[string]string{protocol: address}
	nc, err := net.DialTimeout("tcp", address, connectTimeout)
	if err != nil {
		return fmt.Errorf("nothing listens at the target %s: %w", u, err)
	}
	return nc.Close()
}

// errNoStats is of a target that is known by its own address alone.
var errNoStats = errors.New("the server has no control address")

// guideFlags are what the own server is started with for the guide's contract, so that
// it sends and takes what the cell asks for.
func (j job) guideFlags() []string {
	if !j.guide() {
		return nil
	}
	flags := []string{"--token-for", tokenUser}
	p := j.point
	if j.pattern() == proto.Push && p.Rate > 0 {
		each := float64(j.allStreams()) / p.Rate
		flags = append(flags, "--event-interval", time.Duration(each*float64(time.Second)).String())
	}
	if n := p.Size + 1<<10; n > 64<<10 && j.pattern() != proto.Upload {
		flags = append(flags, "--max-message", strconv.Itoa(min(n, proto.MaxSize)))
	}
	if n := j.allStreams(); n > proto.DefaultStreams {
		flags = append(flags, "--max-clients", strconv.Itoa(n))
	}
	return flags
}
