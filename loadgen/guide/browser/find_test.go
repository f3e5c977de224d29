package browser

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"rtbench/loadgen/guide/probe"
	"rtbench/proto"
)

func TestFindError(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	none := filepath.Join(t.TempDir(), "chromium")
	_, err := Find(none)
	var missing probe.ErrMissing
	if !errors.As(err, &missing) || !strings.Contains(missing.Reason, none) || !strings.Contains(missing.Reason, "apt-get install chromium") {
		t.Errorf("missing file: %v", err)
	}
	n := probe.NewNotes("browser")
	err = Probe(none).Do(t.Context(), probe.Servers{Plain: proto.Info{}}, n)
	if !errors.As(err, &missing) || len(n.Observations()) > 0 {
		t.Errorf("probe: %v, %v", err, n.Observations())
	}
	if _, err := Find(t.TempDir()); !errors.As(err, &missing) {
		t.Errorf("directory: %v", err)
	}
}
