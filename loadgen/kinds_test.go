//go:build linux

package loadgen

import (
	"context"
	"fmt"
	"testing"

	"rtbench/internal/testserver/thirdparty"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// Kinds of messages have the counts of the server, in turn and by weight, in open and closed loop.
func TestKindsOfMessages(t *testing.T) {
	t.Parallel()
	for _, load := range []string{"rate: 600/s, connections: 3", "rate: 600/s, connections: 3, seed: 5", "model: closed, connections: 3, think: 'uniform(1ms, 3ms)'"} {
		for _, weights := range [][3]string{{"", "", ""}, {"weight: 8, ", "", "weight: 3, "}} {
			s := thirdparty.Start(t, "node-ws")
			text := "name: kinds\npattern: echo\nmatch: {field: id}\nsteps: [{send: '{\"op\":\"open\"}'}, {capture: {session: session.id}}]\n" +
				fmt.Sprintf("target: %s\nload: {%s}\nphases: {warmup: 0s, steady: 500ms, drain: 10s}\nmessages:\n", s.URL("ws", "/session"), load)
			names := []string{"move", "chat", "ping"}
			for i, name := range names {
				text += fmt.Sprintf("  - {name: %s, %sjson: {id: '{{.RequestNumber}}', op: %[1]s, session: '{{.session}}'}}\n", name, weights[i])
			}
			res, err := Run(context.Background(), Options{Scenarios: []*scenarios.Scenario{parse(t, text)}})
			if err != nil {
				t.Fatal(err)
			}
			rep := res.Cells[0].Repetitions[0]
			checkKinds(t, rep, names, s.Ledger(t).Kinds)
			if weights[0] == "" {
				continue
			}
			if k := rep.Kinds; rep.Counters.Due > 100 && (k[0].Due < k[1].Due+k[2].Due || k[2].Due < k[1].Due) { // a busy machine sends few in a closed loop
				t.Errorf("%s: weights 8, 1 and 3 gave %+v", load, k)
			}
		}
	}
}

func checkKinds(t *testing.T, rep *result.Repetition, names []string, server map[string]int) {
	t.Helper()
	if len(rep.Kinds) != len(names) {
		t.Fatalf("kinds: %+v", rep.Kinds)
	}
	var due, times uint64
	for i, k := range rep.Kinds {
		due, times = due+k.Due, times+uint64(k.Response.Count())
		if k.Name != names[i] || k.Due == 0 && rep.Counters.Due > 100 || k.Due != uint64(server[k.Name]) || uint64(k.Response.Count()) != k.Due {
			t.Errorf("kind %s: %d due, %d times, the server has %d", k.Name, k.Due, k.Response.Count(), server[k.Name])
		}
	}
	if n := rep.Counters; due != n.Due || times != uint64(rep.Response.Count()) {
		t.Errorf("all kinds have %d due and %d times, the repetition %d and %d", due, times, n.Due, rep.Response.Count())
	}
}
