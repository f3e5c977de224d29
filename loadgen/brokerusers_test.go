package loadgen

import (
	"testing"

	"rtbench/server"
)

// A broker does not end the stream of a user who leaves, nor those at the end of a run: nothing waits for it.
func TestUsersOfABrokerComeAndGo(t *testing.T) {
	t.Parallel()
	s, err := server.Start(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	rep := runCustom(t, `
target: {mqtt: {url: SERVER, publish: 'users/{{.Stream}}', qos: 2}}
pattern: echo
load: {rate: 300/s, connections: 6}
join: {stay: "uniform(200ms, 400ms)"}
phases: {warmup: 0s, steady: 1s, drain: 10s}
`, "mqtt://"+s.Info().Addresses["mqtt"])
	n, j := rep.Counters, rep.Joins
	if j == nil || j.Joined == 0 || j.Left == 0 || j.Failed+j.Refused+j.Unanswered != 0 || n.Recorded != n.Sent || n.Recorded == 0 || n.ErrorCount() != 0 || rep.Error != "" {
		t.Errorf("%s%+v\n%+v", rep.Error, j, n)
	}
}
