package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rtbench/proto"
)

// checkAPI finds what the guide's contract cannot do, and completes a scenario of
// it.
func (s *Scenario) checkAPI(r *reader) {
	s.checkCustom(r)
	if s.API == custom {
		return
	}
	if n := r.values["path"]; n != nil && r.written[n] != "" && strings.Contains(n.Value, "?") {
		r.problemAt("path", "path: a query that a variable gives would stand in the result; expected a path alone, a token goes into RTBENCH_TOKEN")
	}
	if strings.Contains(s.Path, templateOpening) {
		r.problemAt("path", "path: %s", urlTemplate)
	}
	if s.API != guide {
		if r.has("path") && !r.bad["api"] {
			r.problemAt("path", "path with api: reference; expected `api: guide` with it")
		}
		if hasServerScheme(s.Address) && !r.bad["api"] {
			r.problemAt("target", "target: a URL without its protocol; expected {PROTOCOL: URL}, such as {websocket: wss://host/path}, or `api: guide` for a server that implements the guide's API")
		}
		return
	}
	s.checkGuideProtocols(r)
	if !r.has("payload.encoding") {
		s.Payload.Encoding = []string{"text"}
	}
	if slices.Contains(s.Payload.Encoding, "native") {
		r.problemAt("payload.encoding", "payload.encoding: native with api: guide, whose messages have an encoding of their own; expected text")
	}
	if slices.Contains(s.Payload.Encoding, "binary") && !slices.Equal(s.Pattern, []string{string(proto.Upload)}) {
		r.problemAt("payload.encoding", "payload.encoding: binary with api: guide, whose messages are text, those of upload excepted; expected text")
	}
	if slices.Contains(s.Pattern, string(proto.Push)) {
		s.checkGuidePush(r)
	} else if r.has("path") {
		r.problemAt("path", "path: expected with pattern push alone, whose event stream it names")
	}
}

// checkGuideProtocols holds the patterns against what the contract has.
func (s *Scenario) checkGuideProtocols(r *reader) {
	speaks := func(name string) bool {
		row, _ := proto.ProtocolByName(name)
		return !slices.ContainsFunc(s.Pattern, func(p string) bool { return !slices.Contains(row.Guide, proto.Pattern(p)) })
	}
	able := slices.DeleteFunc(proto.DefaultProtocols(), func(name string) bool { return !speaks(name) })
	switch {
	case len(s.Pattern) == 0: // which is said elsewhere
	case len(able) == 0:
		r.problemAt("pattern", "pattern: no protocol of the guide's API has all of %s; expected patterns that one has: write two scenarios", strings.Join(s.Pattern, ", "))
	case !r.has("protocols"):
		s.Protocols = able
	}
	for _, name := range s.Protocols {
		if len(able) > 0 && !speaks(name) {
			r.problemAt("protocols", "protocols: the guide's API has no %s over %s; expected %s", strings.Join(s.Pattern, ", "), name, strings.Join(able, ", "))
		}
	}
}

// checkGuidePush: there the server says what comes, and when.
func (s *Scenario) checkGuidePush(r *reader) {
	if len(s.Pattern) > 1 {
		r.problemAt("pattern", "pattern: push among others with api: guide; expected it alone, as its server sets size and pace: write two scenarios")
	}
	for _, key := range []string{"payload", "load.arrivals", "load.stages"} {
		if r.has(key) {
			r.problemAt(key, "%s with pattern push of api: guide; expected none, as the server sends events of its own at an even pace", key)
		}
	}
	s.Payload.Size = []int{proto.TextHeaderSize} // of what stands for an event; nothing is asked of the server
}

// eventInterval is the longest time between two events of a stream whose pace the
// guide's server sets, 0 for others.
func (s *Scenario) eventInterval() time.Duration {
	if s.API != guide || !slices.Contains(s.Pattern, string(proto.Push)) || len(s.Load.Rate) == 0 {
		return 0
	}
	most := slices.Max(s.Load.Connections) * slices.Max(s.Load.Streams)
	return time.Duration(float64(most) / slices.Min(s.Load.Rate) * float64(time.Second))
}

// EventInterval is the longest time between two events of a stream whose pace the guide's
// server sets, 0 for others.
func (s *Scenario) EventInterval() time.Duration { return s.eventInterval() }

// hasServerScheme says whether a target is a server of its own, by its scheme.
func hasServerScheme(target string) bool {
	scheme, _, found := strings.Cut(target, "://")
	return found && scheme != "http"
}

// Addresses are the targets that connections are made to: URLs, or an address without a scheme.
// There are none if rtbench starts the servers.
func (s *Scenario) Addresses() []string {
	if s.API != custom {
		return []string{s.Address}
	}
	var all []string
	for _, name := range s.Protocols {
		if e := s.Custom.Endpoints[name]; e != nil {
			all = append(all, e.URL)
			if e.Post != "" {
				all = append(all, e.Post)
			}
		}
	}
	return all
}

// Retarget has a scenario run against another target than its own; with contract own a URL
// takes the place of that of the same scheme, ws for ws or wss. The error says why it cannot.
func (s *Scenario) Retarget(target string) error {
	fault := AddressFault(target)
	switch {
	case s.API == custom && (fault == "" || fault == userFault): // for which it has better words
		return s.retargetCustom(target)
	case fault != "":
		return errors.New(fault)
	}
	if _, ok := targetText.parse(target); !ok { // which is not repeated: it may hold a password
		if m := portForm.FindStringSubmatch(target); m != nil && !validPort(m[1]) {
			return fmt.Errorf("port %s; expected a number from 1 to 65535", m[1])
		}
		return fmt.Errorf("expected %s", targetText.expected)
	}
	if hasServerScheme(target) && s.API != guide {
		return fmt.Errorf("%s is a server of its own, and scenario %s speaks to rtbench's alone; expected the control address of an `rtbench serve`, such as 127.0.0.1:9000, or a scenario with `api: guide`", target, s.Name)
	}
	s.Address = target
	return nil
}

// Neutral turns a scenario of the guide's contract into the neutral workload of the same
// load over these protocols, to be compared. Where it has several streams on a
// connection, a protocol that carries one has a connection for each. Encodings are those
// given, or its own.
func (s *Scenario) Neutral(protocols []string, encodings ...string) {
	s.API, s.Path, s.Protocols, s.spread = reference, "", protocols, true
	if len(encodings) > 0 {
		s.Payload.Encoding = encodings
	}
	least := proto.HeaderSize
	if !slices.Equal(s.Payload.Encoding, []string{"binary"}) {
		least = proto.TextHeaderSize
	}
	for i, n := range s.Payload.Size {
		s.Payload.Size[i] = max(n, least)
	}
}
