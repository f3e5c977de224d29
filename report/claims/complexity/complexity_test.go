package complexity_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rtbench/report/claims/complexity"
	"rtbench/report/claims/complexity/internal/count"
)

func TestCountsAreCurrent(t *testing.T) {
	all, err := count.All("../../..")
	if err != nil {
		t.Fatal(err)
	}
	const remedy = "counts.go is out of date; run: go generate ./report/claims/complexity"
	if d := cmp.Diff(all, complexity.All); d != "" {
		t.Fatalf("%s\n(-source +counts.go)\n%s", remedy, d)
	}
	text, err := count.Source(all)
	if err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile("counts.go")
	if err != nil {
		t.Fatal(err)
	}
	// A checkout may have CRLF line endings.
	if d := cmp.Diff(string(text), strings.ReplaceAll(string(written), "\r\n", "\n")); d != "" {
		t.Fatalf("%s\n(-source +counts.go)\n%s", remedy, d)
	}
}

func TestCountsArePlausible(t *testing.T) {
	for _, c := range complexity.All {
		if c.DriverStatements < 10 || c.ServerStatements < 10 || len(c.Modules) == 0 || c.Packages < len(c.Modules) {
			t.Errorf("implausible counts: %+v", c)
		}
		if (c.GeneratedLines > 0) != (c.Protocol == "grpc") {
			t.Errorf("%s has %d generated lines", c.Protocol, c.GeneratedLines)
		}
	}
}
