//go:build linux

package loadgen

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"rtbench/internal/testserver/thirdparty"
	"rtbench/proto"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// overStack returns the keys of a scenario over a stack; QUIC demands tls.
func overStack(s proto.Stack) string {
	return fmt.Sprintf("protocols: %s\nstack: %s\ntls: %t\n", s.Protocol, s.Name, proto.QUIC(s.Protocol))
}

// usersOf is the load of a number of users who think between an answer and the next request.
const usersOf = "load: {model: closed, think: exponential(20ms), connections: %d}\n"

// Users of a closed loop get whole answers over every stack of a reference server, and ask again.
func TestUsersOfReferenceServers(t *testing.T) {
	t.Parallel()
	for _, stack := range proto.Stacks {
		t.Run(stack.Protocol+"/"+stack.Name, func(t *testing.T) {
			t.Parallel()
			const users = 8
			text := overStack(stack) + fmt.Sprintf("tokens: {count: 5, first: 5ms, every: 2ms}\npayload: {encoding: text}\n"+usersOf, users)
			rep := runOne(t, Options{Server: withFault(t, "")}, "name: users\npattern: generate\nphases: {warmup: 100ms, steady: 1s}\n"+text)
			checkAnswers(t, rep, 5)
			if a, n := rep.Answers, rep.AllPhases(); a.Waited > 0 || n.Recorded != n.Due || n.Recorded%5 != 0 || rep.Counters.Planned != 0 {
				t.Errorf("%d requests waited for a stream; %+v", a.Waited, n)
			}
		})
	}
}

// The answers to users of third-party servers are counted at both ends alike, over a stream for each request and for each
// user.
func TestUsersOfThirdPartyServers(t *testing.T) {
	t.Parallel()
	const users = 12
	check := func(t *testing.T, rep *result.Repetition, sent, received int) {
		t.Helper()
		checkAnswers(t, rep, 8)
		if n := rep.Counters; n.AllSent != uint64(received) || n.AllReceived != uint64(sent) {
			t.Errorf("the client sent %d and received %d messages; the server received %d and sent %d", n.AllSent, n.AllReceived, received, sent)
		}
		if total := rep.StreamTime.Total; total == 0 || rep.StreamTime.Paused > 0 || rep.StreamTime.NotOpen > 0 {
			t.Errorf("%+v", rep.StreamTime)
		}
	}
	t.Run("sse", func(t *testing.T) {
		t.Parallel()
		s := thirdparty.Start(t, "fastapi")
		rep := runAnswers(t, closedLoop(chatScenario(t, s, "m"), users))
		rep.Counters.Unmatched = 0 // the chunk with the role and that with the usage
		route := s.Ledger(t).Routes["/v1/chat/completions"]
		check(t, rep, route.Sent, route.Received)
	})
	t.Run("websocket", func(t *testing.T) {
		t.Parallel()
		s := thirdparty.Start(t, "node-ws")
		rep := runAnswers(t, fmt.Sprintf("target: {websocket: %s}\nmessages: '{\"id\":{{.RequestNumber}},\"prompt\":\"hello\",\"tokens\":8}'\nend: {field: done, is: true}\n"+usersOf, s.URL("ws", "/generate"), users))
		l := s.Ledger(t)
		check(t, rep, l.Sent, l.Received)
		if l.Connections != users {
			t.Errorf("%d connections", l.Connections)
		}
	})
	for _, server := range []string{"node-grpc", "grpcio"} {
		t.Run(server, func(t *testing.T) {
			t.Parallel()
			s := thirdparty.Start(t, server)
			rep := runAnswers(t, fmt.Sprintf("target: {grpc: {url: %s, proto: [chat/v1/chat.proto], import: [%q]}}\nmessages: {json: {count: 8}}\n"+usersOf, s.URL("grpc", "/chat.v1.Chat/Watch"), s.Proto, users))
			l := s.Ledger(t).Routes["/chat.v1.Chat/Watch"]
			check(t, rep, l.Sent, l.Received)
		})
	}
}

// closedLoop returns a scenario with the load of a number of users.
func closedLoop(text string, users int) string {
	before, _, _ := strings.Cut(text, "load:")
	return before + fmt.Sprintf(usersOf, users)
}

// A user whose request is refused waits as long as the server asks, and one whose answer is cut off pauses, so that
// no server is flooded with requests.
func TestUsersPauseAfterFailures(t *testing.T) {
	t.Parallel()
	const users = 10
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		s := thirdparty.Start(t, "fastapi")
		rep := runAnswers(t, strings.ReplaceAll(closedLoop(chatScenario(t, s, "busy"), users), "exponential(20ms)", "0s"))
		if route, n := s.Ledger(t).Routes["/v1/chat/completions"], rep.AllPhases(); route.Received != users || n.Unexpected["HTTP status 429"] != users {
			t.Errorf("%d requests at the server, which asked each user to wait for longer than the run; %v", route.Received, n.Unexpected)
		}
	})
	t.Run("cut off", func(t *testing.T) {
		t.Parallel()
		s := thirdparty.Start(t, "node-ws")
		rep := runAnswers(t, fmt.Sprintf("target: {websocket: %s}\nmessages: '{\"prompt\":\"die\",\"tokens\":8}'\nend: {field: done, is: true}\nload: {model: closed, connections: %d}\n", s.URL("ws", "/generate"), users))
		l, n := s.Ledger(t), rep.AllPhases()
		if most := 8 * users; l.Received > most { // backoffs of at least 25, 50, 100 … ms in a second
			t.Errorf("%d requests at the server, want at most %d", l.Received, most)
		}
		if a := rep.Answers; a.Ended > 0 || l.Received <= users || n.Unexpected["answer cut off"] != uint64(l.Received) || rep.StreamTime.Paused == 0 {
			t.Errorf("%d requests at the server; %+v, %v, paused %v", l.Received, a, n.Unexpected, rep.StreamTime.Paused)
		}
	})
}

// Users ask beside a group with another load.
func TestUsersInAGroup(t *testing.T) {
	t.Parallel()
	s := parse(t, `{name: x, protocols: websocket, phases: {warmup: 100ms, steady: 400ms, drain: 30s}, groups: {
		users: {pattern: generate, tokens: {count: 5, first: 5ms, every: 2ms}, load: {model: closed, think: "uniform(5ms, 30ms)", connections: 6}},
		others: {pattern: echo, load: {rate: 500/s, connections: 4}}}}`)
	res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
	if err != nil {
		t.Fatal(err)
	}
	checkAnswers(t, res.Cells[0].Repetitions[0], 5)
	if n := res.Cells[1].Repetitions[0].Counters; n.Recorded != 200 || n.Failed > 0 {
		t.Errorf("%+v", n)
	}
}
