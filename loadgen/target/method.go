package target

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rtbench/loadgen/driver/grpc"
	"rtbench/loadgen/grpcschema"
	"rtbench/proto"
	"rtbench/scenarios"
)

// reflectionTimeout bounds requests to the reflection service.
const reflectionTimeout = 10 * time.Second

// method returns the description of the endpoint's method.
func (t *Custom) method(ctx context.Context, s *scenarios.Scenario, e *scenarios.Endpoint) (*grpcschema.Method, error) {
	ctx, cancel := context.WithTimeout(ctx, reflectionTimeout)
	defer cancel()
	full := strings.TrimPrefix(t.Endpoint.URL.Path, "/")
	if len(e.Proto) > 0 {
		var files, imports []string
		for _, d := range e.Import {
			imports = append(imports, s.Resolve(d))
		}
		for _, f := range e.Proto {
			files = append(files, findProto(s.Resolve(f), f, imports))
		}
		return grpcschema.FromFiles(ctx, files, imports, full)
	}
	channel, md, err := grpc.Channel(ctx, t.driverTarget(), t.Endpoint)
	if err != nil {
		return nil, t.reflectionError(full, err)
	}
	defer func() { _ = channel.Close() }()
	m, err := grpcschema.FromServer(ctx, channel, full, md)
	if err != nil {
		return nil, t.reflectionError(full, err)
	}
	return m, nil
}

// findProto returns the path of a .proto file, which may be in one of the import directories. If
// it is in none, findProto returns path.
func findProto(path, name string, dirs []string) string {
	all := []string{path}
	for _, dir := range dirs {
		all = append(all, filepath.Join(dir, name))
	}
	for _, file := range all {
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return path
}

// checkSteps returns an error if a step cannot be part of a call of the method: one that sends if
// only the server streams, one that waits for a reply if only the client streams.
func checkSteps(s *scenarios.Scenario, m *grpcschema.Method) error {
	_, kind := m.Pattern()
	for _, step := range s.Custom.Opening {
		sends := slices.Contains([]string{"authenticate", "subscribe", "send"}, step.Do)
		waits := slices.Contains([]string{"wait", "expect"}, step.Do) || step.ReadsReply()
		header := slices.ContainsFunc(step.Captures, func(c scenarios.Capture) bool { return c.Header != "" })
		where := step.At + ": steps: " + step.Do
		switch {
		case header && !m.ServerStreams:
			return fmt.Errorf("%s of a header, but %s/%s is %s: it has a response for each message or none before the last; expected a method that streams replies", where, m.Service, m.Name, kind)
		case sends && m.ServerStreams && !m.ClientStreams:
			return fmt.Errorf("%s, but %s/%s is %s: a call has only one request; expected it under messages (--message), and no step that sends",
				where, m.Service, m.Name, kind)
		case waits && m.ClientStreams && !m.ServerStreams:
			return fmt.Errorf("%s, but %s/%s is %s: it replies once, at the end; expected no step that waits for a reply", where, m.Service, m.Name, kind)
		}
	}
	return nil
}

// checkPattern returns an error if the method's kind does not fit the pattern.
func checkPattern(m *grpcschema.Method, pattern string) error {
	want, kind := m.Pattern()
	if m.ClientStreams && m.ServerStreams && (pattern == string(proto.Fanout) || pattern == string(proto.Push)) {
		return nil // the first message, sent by a step, subscribes
	}
	if m.ServerStreams && !m.ClientStreams && pattern == string(proto.Generate) {
		return nil
	}
	if pattern != want {
		return fmt.Errorf("%s/%s is %s; expected `pattern: %s` (found %s)", m.Service, m.Name, kind, want, pattern)
	}
	return nil
}
