//go:build linux

package loadgen

import (
	"fmt"
	"testing"

	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// Users come and go on a server with Node's ws library, which counts the same: connections, messages to and from them,
// and how each connection ended.
func TestUsersOfNodeComeAndGo(t *testing.T) {
	t.Parallel()
	const users = 6
	t.Run("echo", func(t *testing.T) {
		t.Parallel()
		reps, l := runNodeChurn(t, "/echo", fmt.Sprintf("pattern: echo\nload: {rate: 300/s, connections: %d}\njoin: {stay: \"uniform(200ms, 400ms)\"}", users))
		n, j := reps[0].Counters, reps[0].Joins
		checkNodeUsers(t, reps[0], l, users)
		if n.AllSent != uint64(l.Received) || n.AllReceived != uint64(l.Sent) || n.AllSent != n.AllReceived || n.Recorded != n.Planned || n.Planned+j.Away != 450 {
			t.Errorf("the server received %d and sent %d; %+v, %d away", l.Received, l.Sent, n, j.Away)
		}
	})
	t.Run("deliver", func(t *testing.T) {
		t.Parallel()
		reps, l := runNodeChurn(t, "/others", fmt.Sprintf(`groups:
  speaker: {pattern: echo, load: {rate: 200/s}, messages: '{"h":"{{.Header}}"}', match: none}
  listeners: {deliver: {from: speaker, field: h}, load: {connections: %d}, join: {stay: "uniform(300ms, 500ms)"}}`, users))
		spoken, n, j := reps[0].Counters, reps[1].Counters, reps[1].Joins
		checkNodeUsers(t, reps[1], l, users+1)
		unread := uint64(l.Sent) - n.AllReceived - j.EdgeIgnored // by users who were joining at the end
		if spoken.AllSent != uint64(l.Received) || n.Published != spoken.Sent || unread > (j.Planned-j.Joined)*spoken.AllSent || n.Recorded != n.Due || n.Due == 0 {
			t.Errorf("the server received %d and sent %d; %+v, %+v", l.Received, l.Sent, n, j)
		}
	})
}

// runNodeChurn runs groups on a route of the server, and returns their repetitions and the server's counts.
func runNodeChurn(t *testing.T, route, groups string) ([]*result.Repetition, thirdparty.Counts) {
	t.Helper()
	s := thirdparty.Start(t, "node-ws")
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{parse(t, fmt.Sprintf("name: x\ntarget: {websocket: %q}\nphases: {warmup: 0s, steady: 1500ms, drain: 10s}\n%s\n", s.URL("ws", route), groups))}})
	if err != nil {
		t.Fatal(err)
	}
	var reps []*result.Repetition
	for _, c := range res.Cells {
		reps = append(reps, c.Repetitions[0])
	}
	return reps, s.Ledger(t).Routes[route]
}

// checkNodeUsers checks the users of a repetition on a server that has had so many connections at first. One that was
// due may still have been joining at the end.
func checkNodeUsers(t *testing.T, rep *result.Repetition, l thirdparty.Counts, first int) {
	t.Helper()
	j, n := rep.Joins, rep.Counters
	if j == nil || j.Joined == 0 || j.Failed+j.Refused+j.Unanswered != 0 || rep.Error != "" {
		t.Fatalf("%s%+v", rep.Error, j)
	}
	least := first + int(j.Joined)
	if l.Connections < least || l.Connections > least+int(j.Planned-j.Joined) || len(l.Refused) != 0 {
		t.Errorf("the server has had %d connections and refused %v; %d at first, and %d of %d joined", l.Connections, l.Refused, first, j.Joined, j.Planned)
	}
	if n.Failed+n.Duplicates+n.OutOfOrder+n.Corrupt+n.Unmatched+n.ErrorCount()+n.Reopened != 0 {
		t.Errorf("%+v", n)
	}
	// At the end of the run, streams that only receive are cut.
	good, cut := l.Closed["1000"], l.Closed["1006"]
	if uint64(good) < j.Left || cut > first || good+cut != l.Connections {
		t.Errorf("%d connections were closed with %v, and %d users left", l.Connections, l.Closed, j.Left)
	}
}
