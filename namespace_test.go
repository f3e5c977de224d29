//go:build linux && !nofleet

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"rtbench/internal/testrun"
	"rtbench/proto"
	"rtbench/report/result"
)

// hostsOf makes network namespaces that are connected by a bridge in the first: name i has address 10.77.0.i+1.
func hostsOf(t *testing.T, count int) []string {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil || os.Geteuid() != 0 {
		t.Skip("network namespaces need root and iproute2")
	}
	ip := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %v: %v: %s", args, err, out)
		}
	}
	names := make([]string, count)
	for i := range names {
		name := fmt.Sprintf("rtbench-%d-%d", os.Getpid(), i)
		if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
			t.Skipf("no network namespace can be made here: %s", out)
		}
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", name).Run() })
		names[i] = name
		ip("-n", name, "link", "set", "lo", "up")
	}
	hub := names[0]
	ip("-n", hub, "link", "add", "br0", "type", "bridge")
	ip("-n", hub, "addr", "add", "10.77.0.1/24", "dev", "br0")
	ip("-n", hub, "link", "set", "br0", "up")
	for i, name := range names[1:] {
		port := fmt.Sprintf("v%d", i)
		ip("-n", hub, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name)
		ip("-n", hub, "link", "set", port, "master", "br0", "up")
		ip("-n", name, "addr", "add", fmt.Sprintf("10.77.0.%d/24", i+2), "dev", "eth0")
		ip("-n", name, "link", "set", "eth0", "up")
	}
	return names
}

// startIn starts rtbench in a network namespace until the test ends, and returns its standard output.
func startIn(t *testing.T, host string, args ...string) io.Reader {
	t.Helper()
	c := exec.Command("ip", append([]string{"netns", "exec", host, "rtbench"}, args...)...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err == nil {
		var in io.Closer
		in, err = c.StdinPipe()
		t.Cleanup(func() {
			_ = in.Close()
			_ = c.Wait()
		})
	}
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// statsIn reads the server's own counts in a network namespace.
func statsIn(t *testing.T, host, control string) (stats proto.Stats) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine
		done <- func() error {
			f, err := os.Open("/run/netns/" + host)
			if err != nil {
				return err
			}
			defer f.Close()
			if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
				return err
			}
			nc, err := net.Dial("tcp", control)
			if err != nil {
				return err
			}
			defer nc.Close()
			fmt.Fprintf(nc, "GET /stats HTTP/1.0\r\n\r\n")
			resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			return json.NewDecoder(resp.Body).Decode(&stats)
		}()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return stats
}

// A coordinator, three agents and a server on five hosts count the same messages, exactly.
func TestFleetOnSeveralHosts(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	hosts := hostsOf(t, 5)
	dir := t.TempDir()
	token, file, rooms := filepath.Join(dir, "token"), filepath.Join(dir, "f.yaml"), filepath.Join(dir, "rooms.yaml")
	const phases = "phases: {connect: 2s, warmup: 100ms, steady: 1s, drain: 5s}\n"
	for path, text := range map[string]string{
		token: "token-of-the-hosts\n",
		file:  "name: f\nprotocols: websocket\npattern: [echo, push]\nload: {rate: 900/s, connections: 7}\n" + phases,
		rooms: "name: rooms\nprotocols: websocket\nrooms: 2\ngroups: {speakers: {pattern: echo, load: {rate: 300/s, connections: 6}}, " +
			"listeners: {deliver: {from: speakers}, load: {connections: 6}}}\n" + phases,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var info proto.Info
	out := startIn(t, hosts[1], "serve", "--host", "0.0.0.0", "--json", "--until-stdin-ends", "--port", "all=0", "--port", "control=9000")
	if err := json.NewDecoder(out).Decode(&info); err != nil {
		t.Fatal(err)
	}
	for i, host := range hosts[2:] {
		startIn(t, host, "agent", "--join", "nats://10.77.0.1:4222", "--token-file", token, "--until-stdin-ends", "--name", fmt.Sprint("host-", i))
	}
	c := exec.Command("ip", "netns", "exec", hosts[0], "rtbench", "run", file, rooms, "--agents", "3", "--listen", "10.77.0.1:4222",
		"--token-file", token, "--target", "10.77.0.2:9000", "--quiet", "--out", filepath.Join(dir, "r"))
	text, err := c.CombinedOutput()
	res, readErr := result.Read(filepath.Join(dir, "r"))
	if readErr != nil {
		t.Fatalf("%v, %v: %s", err, readErr, text)
	}
	stats, of := statsIn(t, hosts[0], "10.77.0.2:9000"), map[string]result.Counters{}
	for cell, r := range res.Repetitions() {
		n := r.Counters
		if r.Error != "" || len(r.Agents) != 3 || n.Recorded != 900 && cell.Config.Group != "speakers" || uint64(r.Response.Count()) != n.Recorded {
			t.Errorf("%s: error %q, %d agents, %d recorded, %d in the histogram", cell.ID, r.Error, len(r.Agents), n.Recorded, r.Response.Count())
		}
		of[cell.Config.Pattern+cell.Config.Group] = r.AllPhases()
	}
	if sent := of["echo"].Sent + of["echospeakers"].Sent; sent != stats.MessagesReceived {
		t.Errorf("the agents sent %d messages, the server received %d", sent, stats.MessagesReceived)
	}
	if got := of["echo"].Recorded + of["push"].Recorded + of["echospeakers"].Recorded + of["fanoutlisteners"].Recorded; got != stats.MessagesSent {
		t.Errorf("the agents received %d messages, the server sent %d", got, stats.MessagesSent)
	}
}
