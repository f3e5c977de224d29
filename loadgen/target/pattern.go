package target

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/status"

	"rtbench/loadgen/driver"
	"rtbench/scenarios"
)

// A ReflectionError is the error of a server that did not answer by reflection. The scenario may
// be valid.
type ReflectionError struct {
	URL         string // of the server, without a path
	text, class string
}

// Error returns one line without secrets.
func (e *ReflectionError) Error() string { return e.text }

// Class returns the error class, as driver.Class does.
func (e *ReflectionError) Class() string { return e.class }

// reflectionError returns the error of a failed lookup of a method.
func (t *Custom) reflectionError(full string, err error) error {
	var failed interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &failed) {
		return errors.New(t.Redact(fmt.Sprintf("looking up %s at %s: %v", full, t.Address, err)))
	}
	// This drops the prefix that grpc-go adds to connection errors.
	why := failed.GRPCStatus().Message()
	if inner, ok := strings.CutPrefix(why, `connection error: desc = "`); ok {
		why = strings.TrimSuffix(inner, `"`)
	}
	class := driver.Class(err)
	if strings.HasPrefix(class, "TLS: no ALPN") { // the library's text is about its own past releases
		why = driver.NoHTTP2
	}
	return &ReflectionError{
		URL:   t.Endpoint.URL.Scheme + "://" + t.Address,
		text:  t.Redact(fmt.Sprintf("looking up %s at %s by reflection: %s: %s", full, t.Address, failed.GRPCStatus().Code(), why)),
		class: class,
	}
}

// NaturalPattern looks up the gRPC method of a scenario, in its .proto files or by reflection. It
// returns the pattern that fits the method, and the reason. ctx bounds the lookup.
func NaturalPattern(ctx context.Context, s *scenarios.Scenario) (pattern, why string, err error) {
	e := s.Custom.Endpoints["grpc"]
	if e == nil {
		return "", "", errors.New("target: no endpoint for grpc")
	}
	t := newCustom(s)
	if err := t.configure(s, e); err != nil {
		return "", "", err
	}
	m, err := t.method(ctx, s, e)
	if err != nil {
		return "", "", err
	}
	pattern, kind := m.Pattern()
	return pattern, fmt.Sprintf("%s/%s is %s", m.Service, m.Name, kind), nil
}
