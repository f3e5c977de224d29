//go:build linux

package acceptance

import (
	"path/filepath"
	"strings"
	"testing"

	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
)

// runDrafted validates a drafted scenario, runs it briefly and returns its repetition, in which every
// message has its reply.
func runDrafted(s *session, file string) *result.Repetition {
	s.t.Helper()
	s.rtbench("scenario", "validate", file).wantCode(0)
	o := s.rtbench("run", file, "--set", "phases.warmup=50ms", "--set", "phases.steady=500ms", "--set", "repetitions=1", "--set", "load.rate=100/s", "--quiet", "--out", "r")
	r := o.only()
	n := r.AllPhases()
	if n.Recorded < 40 || n.Lost+n.Failed+n.Unmatched+n.Duplicates > 0 || len(n.Unexpected) > 0 {
		s.t.Errorf("%+v\n%s\n%s", n, o.Stdout, o.Stderr)
	}
	return r
}

// A recording of Chromium becomes a scenario that runs against the server that was recorded: with its
// handshake, its session, which differs for each connection, and every reply matched.
func TestInitFromRecording(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "node-ws")
	har, err := filepath.Abs("../../scenarios/draft/har/testdata/chromium.har")
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t, nil)
	s.Env = []string{"QUERY_TOKEN=any"}
	o := s.rtbench("scenario", "init", "chat.yaml", "--from", har, "--pick", "/session", "--target", server.URL("ws", "")).wantCode(0)
	for _, want := range []string{"Note: match: id, found in the replies to 15 of 15 requests", "Set before a run (their values are not written): QUERY_TOKEN (query token)"} {
		if !strings.Contains(o.Stderr, want) {
			t.Errorf("%s is missing in\n%s", want, o.Stderr)
		}
	}
	n := runDrafted(s, "chat.yaml").AllPhases()
	l := server.Ledger(t)
	if answered := l.Kinds["move"] + l.Kinds["say"]; uint64(answered) != n.Recorded || l.Kinds["move"] == 0 || l.Kinds["say"] == 0 || l.Closed["4001"] > 0 {
		t.Errorf("the server answered %d; rtbench counted %+v, %+v", answered, n, l)
	}
}

// An AsyncAPI document becomes a scenario whose replies are matched by the correlation ID.
func TestInitFromAsyncAPI(t *testing.T) {
	t.Parallel()
	server := thirdparty.Start(t, "node-ws")
	s := newSession(t, map[string]string{"asyncapi.yaml": `asyncapi: 2.6.0
info: {title: Echo, version: '1'}
servers: {production: {url: wss://echo.example.org, protocol: wss}}
channels:
  /echo:
    publish: {message: {$ref: '#/components/messages/say'}}
    subscribe: {message: {$ref: '#/components/messages/say'}}
components:
  messages:
    say:
      correlationId: {location: '$message.payload#/id'}
      payload:
        type: object
        properties: {id: {type: integer}, text: {type: string}, sent: {type: string, format: date-time}, tags: {type: array, items: {type: string}}}
`})
	s.rtbench("scenario", "init", "asyncapi.yaml", "--from", "asyncapi.yaml", "--force").wantCode(2)
	s.rtbench("scenario", "init", "--from", "asyncapi.yaml", "--target", server.URL("ws", "")).wantCode(0)
	runDrafted(s, "asyncapi-scenario.yaml")
}
