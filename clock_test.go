//go:build linux && !nofleet

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/proto"
	"rtbench/report/result"
)

// startAhead starts rtbench with a clock that is ahead of this one, in a time namespace, until the test ends. It
// returns its standard output.
func startAhead(t *testing.T, ahead time.Duration, args ...string) io.Reader {
	t.Helper()
	unshare := []string{"-T", "--monotonic", fmt.Sprint(int(ahead.Seconds())), "--fork", "--kill-child"}
	if os.Geteuid() != 0 {
		unshare = append(unshare, "--user", "--map-root-user")
	}
	if out, err := exec.Command("unshare", append(unshare, "true")...).CombinedOutput(); err != nil {
		t.Skipf("no time namespace can be made here: %v: %s", err, out)
	}
	c := exec.Command("unshare", append(append(unshare, "rtbench"), args...)...)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait()
	})
	return out
}

// serveAhead starts a reference server whose clock is ahead, and returns its Info.
func serveAhead(t *testing.T, ahead time.Duration, args ...string) (info proto.Info) {
	t.Helper()
	out := startAhead(t, ahead, append([]string{"serve", "--json", "--until-stdin-ends", "--port", "all=0"}, args...)...)
	if err := json.NewDecoder(out).Decode(&info); err != nil {
		t.Fatal(err)
	}
	return info
}

// runFile runs a scenario and returns the result.
func runFile(t *testing.T, scenario string, args ...string) *result.Result {
	t.Helper()
	dir := t.TempDir()
	file, out := filepath.Join(dir, "f.yaml"), filepath.Join(dir, "r")
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("rtbench", append([]string{"run", file, "--quiet", "--out", out}, args...)...).CombinedOutput()
	res, readErr := result.Read(out)
	if readErr != nil {
		t.Fatalf("%v, %v: %s", err, readErr, text)
	}
	return res
}

const (
	serverAhead   = 5000 * time.Second
	plantedDelay  = 20 * time.Millisecond
	delayedServer = "delay=20ms"
)

// checkClock checks a repetition with a server whose clock is ahead and delays each message: the offset is found
// within its bound, and one-way times are right within it.
func checkClock(t *testing.T, c *result.Cell, r *result.Repetition) {
	t.Helper()
	n := r.Counters
	if r.Error != "" || n.Planned == 0 || n.Recorded != n.Planned || n.Lost+n.Duplicates+n.Corrupt+n.Clamped != 0 {
		t.Errorf("%s: error %q, %+v", c.ID, r.Error, n)
	}
	if p50 := r.Response.Quantile(50); p50 < plantedDelay*95/100 || p50 > plantedDelay+time.Second {
		t.Errorf("%s: p50 is %v, with a delay of %v", c.ID, p50, plantedDelay)
	}
	o := r.ServerClock
	switch {
	case c.Config.Pattern == "echo" && o != nil:
		t.Errorf("%s: its times depend on the server's clock: %+v", c.ID, o)
	case c.Config.Pattern != "echo" && (o == nil || o.Bound <= 0 || max(o.Offset-serverAhead, serverAhead-o.Offset) > o.Bound):
		t.Errorf("%s: offset %+v, planted %v", c.ID, o, serverAhead)
	}
}

// A server on another clock measures, paces and stamps as one on this clock.
func TestServerOnAnotherClock(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	info := serveAhead(t, serverAhead, "--fault", delayedServer)
	res := runFile(t, "name: f\nprotocols: [websocket, sse, grpc, tcp]\npattern: [echo, push, upload, fanout]\n"+
		"load: {rate: 40/s, connections: 8}\nphases: {warmup: 100ms, steady: 500ms, drain: 5s}\nrepetitions: 1\n", "--target", info.Control)
	for c, r := range res.Repetitions() {
		checkClock(t, c, r)
	}
}

// Agents on three clocks, none of which is the coordinator's or the server's, run the same load.
func TestAgentsAndServerOnOtherClocks(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("token-of-the-clocks\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const join = "127.0.0.1:14222"
	info := serveAhead(t, serverAhead, "--fault", delayedServer)
	planted := map[string]time.Duration{}
	for i := range 3 {
		name, ahead := fmt.Sprint("ahead-", i), time.Duration(i+1)*1000*time.Second
		planted[name] = ahead
		startAhead(t, ahead, "agent", "--join", "nats://"+join, "--token-file", token, "--until-stdin-ends", "--name", name)
	}
	res := runFile(t, "name: f\nprotocols: websocket\npattern: [echo, push, upload, fanout]\n"+
		"load: {rate: 40/s, connections: 8}\nphases: {connect: 500ms, warmup: 100ms, steady: 500ms, drain: 5s}\nrepetitions: 1\n",
		"--target", info.Control, "--agents", "3", "--listen", join, "--token-file", token, "--max-skew", "2ms")
	for c, r := range res.Repetitions() {
		if len(r.Agents) != 3 {
			t.Fatalf("%s: error %q, %d agents", c.ID, r.Error, len(r.Agents))
		}
		for _, a := range r.Agents {
			if sends := c.Config.Pattern == "echo" || c.Config.Pattern == "upload"; (a.FirstLag != nil) != sends || a.ServerClock == nil {
				t.Errorf("%s: agent %s: first lag %v, clock %+v", c.ID, a.Name, a.FirstLag, a.ServerClock)
			}
			if o := a.Clock; o == nil || max(o.Offset+planted[a.Name], -o.Offset-planted[a.Name]) > o.Bound {
				t.Errorf("%s: agent %s: %+v", c.ID, a.Name, o)
			}
		}
		if r.Skew == nil || r.Skew.Bound <= 0 || r.Skew.Limit != 2*time.Millisecond {
			t.Errorf("%s: skew %+v", c.ID, r.Skew)
		}
		if r.ServerClock != nil {
			r.ServerClock.Offset = serverAhead // each agent has its own
		}
		checkClock(t, c, r)
	}
	rooms := runFile(t, "name: f\nprotocols: websocket\ngroups: {speakers: {pattern: echo, load: {rate: 60/s, connections: 6}}, "+
		"listeners: {deliver: {from: speakers}, load: {connections: 3}}}\nphases: {connect: 500ms, warmup: 100ms, steady: 1s, drain: 5s}\nrepetitions: 1\n",
		"--target", info.Control, "--agents", "3", "--listen", join, "--token-file", token)
	checkRooms(t, rooms.Cells[1].Repetitions[0])
}

// checkRooms checks that each of three agents, on three clocks, received a third of the messages from itself and the
// rest from the others, all with the planted delay.
func checkRooms(t *testing.T, r *result.Repetition) {
	t.Helper()
	if n := r.Counters; r.Error != "" || n.Recorded != 180 || n.Failed+n.Duplicates > 0 || r.Response.Count() != 60 || len(r.Agents) != 3 {
		t.Fatalf("error %q, %d agents, %d times of %+v", r.Error, len(r.Agents), r.Response.Count(), n)
	}
	for _, a := range r.Agents {
		for clocks, h := range map[int]result.Histogram{1: a.Within, 2: a.Between} {
			if p50 := h.Quantile(50); h.Count() != int64(20*clocks) || p50 < plantedDelay*95/100 || p50 > plantedDelay+time.Second {
				t.Errorf("agent %s: %d times of %d clocks, p50 %v, with a delay of %v", a.Name, h.Count(), clocks, p50, plantedDelay)
			}
		}
	}
}
