package loadgen

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/internal/testserver/loopback"
	"rtbench/report/result"
	"rtbench/scenarios"
)

// Users come and go on reference servers, over each protocol, stack and pattern. All that are due join, nothing
// that was due to them is lost or repeated, and every planned message is received or was due between two users.
func TestUsersComeAndGo(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	for _, protocol := range []string{"tcp", "websocket", "sse", "sse-h2", "grpc"} {
		for _, stack := range []string{"stock", "lean"} {
			t.Run(protocol+"/"+stack, func(t *testing.T) {
				t.Parallel()
				s := parse(t, `{name: x, protocols: `+protocol+`, stack: `+stack+`, rooms: 2, phases: {warmup: 200ms, steady: 1s, drain: 10s},
					load: {connections: 4}, groups: {
					residents: {pattern: echo, load: {rate: 200/s}},
					listeners: {deliver: {from: residents}, load: {connections: 6}, join: {stay: "uniform(200ms, 400ms)"}},
					talkers: {pattern: echo, load: {rate: 200/s}, join: {rate: 16/s}},
					readers: {pattern: push, load: {rate: 200/s}, join: {stay: 250ms}},
					subscribers: {pattern: fanout, load: {rate: 100/s}, join: {stay: 300ms}}}}`)
				res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
				if err != nil {
					t.Fatal(err)
				}
				joined := uint64(0)
				for i, c := range res.Cells {
					rep, cell := c.Repetitions[0], s.Cells()[i]
					n, j := rep.Counters, rep.Joins
					if rep.Error != "" || n.Recorded != n.Planned || n.Due != n.Planned || n.Failed+n.Duplicates+n.OutOfOrder+n.Corrupt+n.ErrorCount()+n.Reopened != 0 {
						t.Errorf("%s: %s%+v", c.Config.Group, rep.Error, n)
					}
					if j == nil {
						if n.Recorded != 200 {
							t.Errorf("%s: %+v", c.Config.Group, n)
						}
						continue
					}
					joined += j.Joined
					planned := uint64(0)
					for _, v := range cell.Visits(cell.Warmup + cell.Steady) {
						if v.Join >= cell.Warmup {
							planned++
						}
					}
					// The last ones may still be joining at the end.
					if j.Planned != planned || j.Joined > planned || j.Left > planned || j.Failed+j.Refused != 0 {
						t.Errorf("%s: %+v, want %d planned", c.Config.Group, j, planned)
					}
					if count := j.Connecting.Time.Count(); uint64(count) != j.Joined || uint64(j.Leaving.Count()) != j.Left {
						t.Errorf("%s: %d times to join, %d to leave: %+v", c.Config.Group, count, j.Leaving.Count(), j)
					}
					if cell.Pattern == "echo" && n.Planned+j.Away != 200 {
						t.Errorf("%s: %d away: %+v", c.Config.Group, j.Away, n)
					}
				}
				if joined == 0 {
					t.Error("nobody joined")
				}
			})
		}
	}
}

// A lineRoom sends each line to all other connections but the speaker's, without the fifth that each would get.
type lineRoom struct {
	mu          sync.Mutex
	members     map[net.Conn]int // lines sent to each
	rows        map[string]int   // of members
	joined      int
	sent, spoke int
	withheld    int
}

func (r *lineRoom) start(t *testing.T) (address string) {
	t.Helper()
	r.members, r.rows = map[net.Conn]int{}, map[string]int{}
	return "tcp://" + loopback.Serve(t, r.serve)
}

func (r *lineRoom) serve(c net.Conn) {
	for in := bufio.NewScanner(c); in.Scan(); {
		r.handle(c, in.Text())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, c)
}

func (r *lineRoom) handle(c net.Conn, line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	row, joins := strings.CutPrefix(line, "join ")
	switch {
	case joins:
		r.members[c] = 0
		r.rows[row]++
		r.joined++
		_, _ = fmt.Fprintln(c, "welcome")
		return
	case line == "leave":
		delete(r.members, c)
		_, _ = fmt.Fprintln(c, "bye")
		return
	}
	r.spoke++
	for to, n := range r.members {
		if r.members[to]++; n == 4 {
			r.withheld++
			continue
		}
		if _, err := fmt.Fprintln(to, line); err == nil {
			r.sent++
		}
	}
}

// Users of a custom server run its steps, each with the next row, and are owed the messages sent while they are
// there: those that the server withholds are lost, unless they were on their way while the user joined or left.
func TestUsersOfACustomServer(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	const listeners = 5
	server := new(lineRoom)
	rep, heard := runLineRoom(t, server.start(t), listeners)
	j, n := heard.Joins, heard.Counters
	server.mu.Lock()
	defer server.mu.Unlock()
	if j == nil || j.Joined == 0 || j.Failed+j.Refused != 0 || heard.Error != "" {
		t.Fatalf("%s%+v", heard.Error, j)
	}
	all := n.AllReceived + j.EdgeIgnored
	if uint64(server.spoke) != rep.Counters.Sent || n.Published != rep.Counters.Sent || uint64(server.sent) < all || j.Joined == j.Planned && uint64(server.sent) != all {
		t.Errorf("the server received %d and sent %d; %+v, %+v", server.spoke, server.sent, n, j)
	}
	if server.joined < listeners+int(j.Joined) || server.joined > listeners+int(j.Planned) || len(server.rows) != server.joined {
		t.Errorf("%d users joined, with rows %v; %+v", server.joined, server.rows, j)
	}
	for row, times := range server.rows { // the speaker has row 0
		user, _ := strconv.Atoi(strings.TrimPrefix(row, "user"))
		if times != 1 || user < 1 || user > listeners+int(j.Planned) {
			t.Errorf("%d users have row %s", times, row)
		}
	}
	// On a busy machine many are withheld at the edges.
	withheld := uint64(server.withheld)
	if n.Recorded+n.Lost != n.Due || n.Lost > withheld || j.Joined == j.Planned && 2*n.Lost < withheld || n.Duplicates+n.OutOfOrder+n.Corrupt != 0 || n.ErrorCount() != n.Lost {
		t.Errorf("%d withheld: %+v", server.withheld, n)
	}
}

// runLineRoom runs a speaker and listeners who come and go.
func runLineRoom(t *testing.T, address string, listeners int) (spoken, heard *result.Repetition) {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("name\n")
	for i := range 1000 {
		fmt.Fprintf(&rows, "user%d\n", i)
	}
	file := filepath.Join(t.TempDir(), "users.csv")
	if err := os.WriteFile(file, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s := parse(t, fmt.Sprintf(`
name: x
target: {tcp: '%s'}
phases: {warmup: 0s, steady: 1500ms, drain: 10s}
groups:
  speaker:
    pattern: echo
    load: {rate: 200/s}
    messages: '{"h":"{{.Header}}"}'
    match: none
  listeners:
    deliver: {from: speaker, field: h}
    load: {connections: %d}
    join: {stay: "uniform(300ms, 500ms)"}
    rows: '%s'
    steps: [{send: 'join {{.Row.name}}'}, {wait: {is: welcome}}, load, {send: leave}, {wait: {is: bye}}]
`, address, listeners, file))
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}})
	if err != nil {
		t.Fatal(err)
	}
	return res.Cells[0].Repetitions[0], res.Cells[1].Repetitions[0]
}

// A user is due when the one before leaves, and its time to join counts from then, with attempts that are
// refused. One that is refused until its stay is over has not joined, and its place stays empty.
func TestUsersWhoAreRefused(t *testing.T) {
	t.Parallel()
	const delay = 60 * time.Millisecond
	for refuses, fails := range map[int64]bool{0: false, 1 << 40: true} {
		rep := runCustom(t, `
target: {websocket: SERVER, tls: {insecure: true}}
pattern: echo
load: {rate: 100/s, connections: 4}
join: {stay: 200ms}
phases: {warmup: 0s, steady: 900ms, drain: 5s}
`, slowlyUpgrading(t, delay, 4, refuses))
		j, n := rep.Joins, rep.Counters
		if j == nil || j.Planned < 16 || n.Recorded+n.Failed != n.Planned || n.Planned+j.Away != 90 || j.Away == 0 {
			t.Fatalf("%s%+v %+v", rep.Error, j, n)
		}
		reasons := strings.Join(rep.Validity.Reasons(), "\n")
		switch {
		case fails && (j.Joined != 0 || j.Failed == 0 || j.Refused < j.Failed || j.Left != 4 || !strings.Contains(reasons, "could not join")):
			t.Errorf("%+v\n%s", j, reasons)
		case !fails && (j.Joined == 0 || j.Failed+j.Refused != 0 || j.Connecting.Time.Quantile(0) < delay*99/100 || uint64(j.Connecting.TLS.Count()) != j.Joined):
			t.Errorf("%+v, the first joined within %v", j, j.Connecting.Time.Quantile(0))
		}
	}
}

// An event cuts the connections of one group, while the users of another come and go.
func TestUsersComeAndGoBesideAStorm(t *testing.T) {
	t.Parallel()
	s := parse(t, `{name: x, protocols: websocket, phases: {warmup: 0s, steady: 1500ms, drain: 10s}, reconnect: fixed,
		events: [{at: 300ms, disconnect: 100%, group: phones}], groups: {
		speakers: {pattern: echo, load: {rate: 200/s, connections: 2}},
		phones: {deliver: {from: speakers}, load: {connections: 3}},
		visitors: {deliver: {from: speakers}, load: {connections: 4}, join: {stay: "uniform(200ms, 400ms)"}}}}`)
	res, err := Run(t.Context(), Options{Scenarios: []*scenarios.Scenario{s}, Server: withFault(t, "")})
	if err != nil {
		t.Fatal(err)
	}
	phones, visitors := res.Cells[1].Repetitions[0], res.Cells[2].Repetitions[0]
	checkDisconnects(t, phones, 3)
	n, j := visitors.Counters, visitors.Joins
	if j == nil || j.Joined == 0 || j.Failed+j.Refused != 0 || n.Recorded != n.Due || n.Due == 0 || n.Failed+n.Duplicates+n.ErrorCount() != 0 || visitors.Missed.Count() != 0 {
		t.Errorf("%s%+v, %+v, missed %+v", visitors.Error, j, n, visitors.Missed)
	}
}
