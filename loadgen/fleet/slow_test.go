//go:build unix && !nofleet

package fleet

import (
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rtbench/internal/testrun"
	"rtbench/report/result"
)

// An agent whose machine does not run it for a while is not lost. It sends what was due meanwhile, and the
// finding names it.
func TestSlowAgentIsNamed(t *testing.T) {
	t.Parallel()
	testrun.OnlyWithAll(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c, s := startCoordinator(t, nil), startServer(t)
	if err := c.StartLocal([]string{"/usr/bin/env", "RTBENCH_TEST=agent", self}, 2); err != nil {
		t.Fatal(err)
	}
	gather(t, c, 2)
	slow := c.locals[1]
	var once sync.Once
	awake := make(chan error, 1)
	r := run(t.Context(), t, c, scenario(t, s, "3s"), func(st result.Status) {
		if st.P50.At > 0 {
			once.Do(func() {
				_ = slow.Process.Signal(syscall.SIGSTOP)
				time.AfterFunc(700*time.Millisecond, func() { awake <- slow.Process.Signal(syscall.SIGCONT) })
			})
		}
	})
	if err := <-awake; err != nil {
		t.Fatal(err)
	}
	named := func(f result.Finding) bool {
		return f.Kind == result.Paused && f.Word == result.Limited && strings.HasPrefix(f.Reason, "agent "+slow.name+": ")
	}
	if r.Error != "" || r.Lost() != "" || r.Counters.Recorded != 2700 || !slices.ContainsFunc(r.Validity.Findings, named) {
		t.Errorf("error %q, %d recorded, findings %v", r.Error, r.Counters.Recorded, r.Validity.Reasons())
	}
}
