//go:build !nofleet

package fleet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"rtbench/internal/testrun"
	"rtbench/loadgen"
	"rtbench/report/result"
	"rtbench/scenarios"
	"rtbench/scenarios/cell"
)

// joinsOf returns how many users are due to join in the steady phase of a cell.
func joinsOf(c *cell.Config) (n uint64) {
	for _, v := range c.Visits(c.Warmup + c.Steady) {
		if v.Join >= c.Warmup {
			n++
		}
	}
	return n
}

// checkJoins checks that the users of all agents together are those of the cell, and that they joined.
func checkJoins(t *testing.T, group string, c *cell.Config, r *result.Repetition) {
	t.Helper()
	n, j := r.Counters, r.Joins
	if r.Error != "" || n.Recorded == 0 || n.Recorded != n.Planned || n.Due != n.Planned || n.Failed+n.Duplicates+n.OutOfOrder+n.Corrupt+n.ErrorCount() != 0 {
		t.Errorf("%s: error %q, %+v", group, r.Error, n)
	}
	// The last ones may still be joining at the end.
	if want := joinsOf(c); j == nil || j.Planned != want || j.Joined == 0 || j.Joined > want || j.Left > want || j.Failed+j.Refused != 0 {
		t.Errorf("%s: %+v, want %d planned", group, j, want)
	}
}

// Users come and go on all agents: together they are the users of one generator, and what they send and receive is what
// the server counts.
func TestUsersComeAndGoOnAgents(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	c, s := startCoordinator(t, nil), startServer(t)
	startAgents(t, c, 3)
	sc := parse(t, `{name: x, target: %q, protocols: websocket, rooms: 2, phases: {connect: 1s, warmup: 100ms, steady: 1s, drain: 5s}, groups: {
		speakers: {pattern: echo, load: {rate: 300/s, connections: 6}, join: {rate: 20/s}},
		listeners: {deliver: {from: speakers}, load: {connections: 6}},
		talkers: {pattern: echo, load: {rate: 300/s, connections: 7}, join: {stay: "uniform(200ms, 400ms)"}}}}`, s.Info().Control)
	res, err := loadgen.Run(t.Context(), loadgen.Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: c})
	if err != nil {
		t.Fatal(err)
	}
	spoken, heard, talked := res.Cells[0].Repetitions[0], res.Cells[1].Repetitions[0], res.Cells[2].Repetitions[0]
	cells := sc.Cells()
	checkJoins(t, "speakers", &cells[0], spoken)
	checkJoins(t, "talkers", &cells[2], talked)
	for _, r := range []*result.Repetition{spoken, talked} {
		if n := r.Counters; n.Planned+r.Joins.Away != 300 {
			t.Errorf("%d planned and %d while nobody was there, of 300", n.Planned, r.Joins.Away)
		}
	}
	// Each message is due to the three listeners of its room.
	if n := heard.Counters; heard.Error != "" || n.Published != spoken.Counters.Sent || n.Recorded != 3*n.Published || n.Due != n.Recorded || n.Failed+n.Duplicates+n.Corrupt > 0 {
		t.Errorf("listeners: error %q, %+v", heard.Error, n)
	}
	stats, sent := s.Stats(), spoken.AllPhases().Sent+talked.AllPhases().Sent
	received := spoken.AllPhases().Recorded + talked.AllPhases().Recorded + heard.AllPhases().Recorded
	if sent != stats.MessagesReceived || received != stats.MessagesSent {
		t.Errorf("the agents sent %d and received %d messages; the server received %d and sent %d", sent, received, stats.MessagesReceived, stats.MessagesSent)
	}
}

// Messages that a server pushes to users who come and go on all agents are accounted for as with one generator.
func TestPushToUsersOnAgents(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	c, s := startCoordinator(t, nil), startServer(t)
	startAgents(t, c, 3)
	sc := parse(t, `{name: x, target: %q, protocols: tcp, phases: {connect: 1s, warmup: 100ms, steady: 1s, drain: 5s}, groups: {
		readers: {pattern: push, load: {rate: 300/s, connections: 6}, join: {stay: 250ms}},
		subscribers: {pattern: fanout, load: {rate: 100/s, connections: 7}, join: {stay: 300ms}}}}`, s.Info().Control)
	res, err := loadgen.Run(t.Context(), loadgen.Options{Scenarios: []*scenarios.Scenario{sc}, Fleet: c})
	if err != nil {
		t.Fatal(err)
	}
	cells, received := sc.Cells(), uint64(0)
	for i, of := range res.Cells {
		r := of.Repetitions[0]
		checkJoins(t, of.Config.Group, &cells[i], r)
		received += r.AllPhases().Recorded
		if r.Joins != nil {
			received += r.Joins.EdgeIgnored
		}
	}
	// It also sent what was on its way to users that had left.
	if sent := s.Stats().MessagesSent; received > sent {
		t.Errorf("the agents received %d messages, the server sent %d", received, sent)
	}
}

// A guestServer welcomes each user by name, and echoes.
type guestServer struct {
	mu    sync.Mutex
	users map[string]int
}

// answer returns the answer to a message.
func (s *guestServer) answer(b []byte) []string {
	user, joins := strings.CutPrefix(string(b), "join ")
	if !joins {
		return []string{string(b)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[user]++
	return []string{"welcome"}
}

// Each user on any agent has the next row, as with one generator.
func TestRowsOfUsersOnAgents(t *testing.T) {
	t.Parallel()
	const connections = 7
	guests := &guestServer{users: map[string]int{}}
	var rows strings.Builder
	rows.WriteString("name\n")
	for i := range 1000 {
		fmt.Fprintf(&rows, "user%d\n", i)
	}
	file := filepath.Join(t.TempDir(), "users.csv")
	if err := os.WriteFile(file, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c := startCoordinator(t, nil)
	startAgents(t, c, 3)
	sc := parse(t, `
name: x
target: {websocket: '%s'}
pattern: echo
messages: '{"id":{{.RequestNumber}}}'
match: {field: id}
rows: %q
steps: [{send: 'join {{.Row.name}}'}, {wait: {is: welcome}}, load]
load: {rate: 200/s, connections: %d}
join: {stay: 250ms}
phases: {connect: 1s, warmup: 100ms, steady: 1s, drain: 60s}
`, startWebSocket(t, guests.answer), file, connections)
	r := run(t.Context(), t, c, sc, nil)
	of := sc.Cells()[0]
	checkJoins(t, "guests", &of, r)
	guests.mu.Lock()
	defer guests.mu.Unlock()
	all := connections + len(of.Visits(of.Warmup+of.Steady))
	for i := range all {
		name := fmt.Sprint("user", i)
		// If streams opened too late, the first users have opened theirs once more.
		if n := guests.users[name]; i < connections && n == 0 || i >= connections && n > 1 {
			t.Errorf("%s joined %d times", name, n)
		}
		delete(guests.users, name)
	}
	if len(guests.users) > 0 {
		t.Errorf("users beyond the %d of the plan: %v", all, guests.users)
	}
}
