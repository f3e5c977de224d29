package export

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"testing"

	"go.uber.org/goleak"

	"rtbench/server"
)

// TestMain also makes the test binary the server that runs start.
func TestMain(m *testing.M) {
	if os.Getenv("RTBENCH_TEST") == "serve" {
		serve()
		return
	}
	goleak.VerifyTestMain(m)
}

// serve serves until standard input ends, as `rtbench serve` does.
func serve() {
	s, err := server.Start(server.Config{})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	_ = json.NewEncoder(os.Stdout).Encode(s.Info())
	_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
}
