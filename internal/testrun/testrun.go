// Package testrun decides which tests run, and how many at a time.
//
// `go test ./...` runs those of a change under way, in about two minutes. With RTBENCH_TESTS=all it runs all, as CI
// does: each combination of protocols, stacks, faults and servers, and every documented command.
package testrun

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"
)

const variable = "RTBENCH_TESTS"

// All reports whether all tests run.
func All() bool { return os.Getenv(variable) == "all" }

// OnlyWithAll skips a long test unless all run.
func OnlyWithAll(t testing.TB) {
	t.Helper()
	if !All() {
		t.Skipf("runs with %s=all", variable)
	}
}

// Parallel runs n tests at a time unless -parallel says otherwise: more than cores, since many wait, except under the
// race detector. It parses the flags of the test binary; call it in TestMain.
func Parallel(n int) {
	flag.Parse()
	if Raced {
		return
	}
	if f := flag.Lookup("test.parallel"); f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = f.Value.Set(strconv.Itoa(n))
	}
}
