package loadgen

import (
	"bufio"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	"rtbench/server"
)

// The test binary is also the server that a run starts, and a process that takes
// a core from it.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("RTBENCH_TEST") == "serve":
		serve()
		return
	case os.Getenv("RTBENCH_TEST") == "burn":
		burn()
		return
	}
	flag.Parse()
	// They wait more than they work, but not under the race detector, for which -short is.
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue && !testing.Short() {
		_ = f.Value.Set("8")
	}
	goleak.VerifyTestMain(m)
}

// serve serves until standard input ends, as `rtbench serve` does.
func serve() {
	s, err := server.Start(server.Config{Fault: os.Getenv("RTBENCH_TEST_FAULT")})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	_ = json.NewEncoder(os.Stdout).Encode(s.Info())
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

// withFault is the command of a server with a fault.
func withFault(t *testing.T, fault string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"/usr/bin/env", "RTBENCH_TEST=serve", "RTBENCH_TEST_FAULT=" + fault, self}
}

// burners start n processes that spin until the test ends.
func burners(t *testing.T, n int) {
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
