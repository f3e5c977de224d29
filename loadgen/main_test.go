package loadgen

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rtbench/internal/testrun"
	"rtbench/loadgen/relay"
	"rtbench/server"
)

// The test binary is also the reference server, and a process that occupies a core.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == relay.Command:
		if err := relay.Main(os.Args[2:], os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
		return
	case os.Getenv("RTBENCH_TEST") == "serve":
		serve()
		return
	case os.Getenv("RTBENCH_TEST") == "burn":
		burn()
		return
	}
	testrun.Parallel(8)
	// The cleaner of fasthttp ends ten seconds after its last connection.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"))
}

// serve serves until standard input ends, like `rtbench serve --json`.
func serve() {
	cfg := server.Config{Fault: os.Getenv("RTBENCH_TEST_FAULT"), Ports: map[string]int{}, TLS: slices.Contains(os.Args, "--tls")}
	for i, arg := range os.Args {
		switch arg {
		case "--stack":
			cfg.Stack = os.Args[i+1]
		case "--certificate":
			cfg.Certificate = os.Args[i+1]
		case "--port":
			name, port, _ := strings.Cut(os.Args[i+1], "=")
			cfg.Ports[name], _ = strconv.Atoi(port)
		}
	}
	s, err := server.Start(cfg)
	if err != nil {
		panic(err)
	}
	defer func() {
		s.Close()
		_ = json.NewEncoder(os.Stdout).Encode(s.Stats())
	}()
	_ = json.NewEncoder(os.Stdout).Encode(s.Info())
	if n, err := strconv.ParseUint(os.Getenv("RTBENCH_TEST_EXIT_AFTER"), 10, 64); err == nil {
		for s.Stats().MessagesReceived < n {
			time.Sleep(time.Millisecond)
		}
		os.Exit(3)
	}
	_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
}

// burn spins until standard input ends.
func burn() {
	go func() {
		for i := 0; ; i++ {
			_ = i
		}
	}()
	_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
}

// withFault returns the command of a reference server with a fault.
func withFault(t *testing.T, fault string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"/usr/bin/env", "RTBENCH_TEST=serve", "RTBENCH_TEST_FAULT=" + fault, self}
}

// exitsAfter returns the command of a reference server that exits after it has received n messages.
func exitsAfter(t *testing.T, n int) []string {
	t.Helper()
	c := withFault(t, "")
	return slices.Insert(c, 1, "RTBENCH_TEST_EXIT_AFTER="+strconv.Itoa(n))
}

// startBurners starts n processes that spin until the test ends.
func startBurners(t *testing.T, n int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		c := exec.Command(self)
		c.Env = append(os.Environ(), "RTBENCH_TEST=burn")
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = in.Close()
			_ = c.Wait()
		})
	}
}
