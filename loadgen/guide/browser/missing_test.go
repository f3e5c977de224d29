package browser

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/loadgen/guide/probe"
)

// Without the browser at a path the probe tells how to get one and records nothing.
func TestMissingBrowser(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, path := range []string{filepath.Join(t.TempDir(), "chromium"), t.TempDir()} {
		n := probe.NewNotes("browser")
		err := Probe(path).Do(t.Context(), probe.Servers{}, n)
		var missing probe.ErrMissing
		if !errors.As(err, &missing) || !strings.Contains(missing.Reason, path) || !strings.Contains(missing.Reason, "apt-get install chromium") || len(n.Observations()) > 0 {
			t.Errorf("%q: %v, %v", path, err, n.Observations())
		}
	}
}
