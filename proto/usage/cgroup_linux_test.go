package usage

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"rtbench/internal/testserver/busy"
)

func TestUpwards(t *testing.T) {
	for _, c := range []struct {
		root, group string
		want        []string
	}{
		{"/", "/", []string{"/m"}},
		{"/", "/a/b", []string{"/m/a/b", "/m/a", "/m"}},
		{"/a", "/a/b", []string{"/m/b", "/m"}},
		{"/", "/../host/group", []string{"/m"}}, // outside the namespace
		{"/docker/1", "/", []string{"/m"}},
	} {
		if got := upwards("/m", c.root, c.group); !slices.Equal(got, c.want) {
			t.Errorf("upwards(%q, %q) = %q, want %q", c.root, c.group, got, c.want)
		}
	}
}

// groupFiles returns a directory with the given files.
func groupFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLimits(t *testing.T) {
	v2 := groupFiles(t, map[string]string{"cpu.max": "150000 100000\n", "memory.max": "1048576\n", "cpu.stat": "usage_usec 9\nthrottled_usec 250\n"})
	v1 := groupFiles(t, map[string]string{
		"cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n",
		"memory.limit_in_bytes": "4096\n", "cpu.stat": "nr_throttled 2\nthrottled_time 1000\n",
	})
	none := groupFiles(t, map[string]string{
		"cpu.max": "max 100000\n", "memory.max": "max\n", "cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n",
		"memory.limit_in_bytes": "9223372036854771712\n", "cpu.stat": "throttled_usec none\n",
	})
	for _, c := range []struct {
		dirs      []string
		cores     float64
		memory    int64
		throttled time.Duration
	}{
		{[]string{v2}, 1.5, 1 << 20, 250 * time.Microsecond},
		{[]string{v1}, 0.5, 4096, time.Microsecond},
		{[]string{none, v2, v1}, 0.5, 4096, 251 * time.Microsecond},
		{[]string{none}, 0, 0, 0},
		{[]string{"/does/not/exist"}, 0, 0, 0},
		{nil, 0, 0, 0},
	} {
		if cores, memory, held := coreLimit(c.dirs), memoryLimit(c.dirs), throttled(c.dirs); cores != c.cores || memory != c.memory || held != c.throttled {
			t.Errorf("%v: %v cores, %d bytes, throttled %v; want %+v", c.dirs, cores, memory, held, c)
		}
	}
}

// groupWithQuota makes a control group that may use a tenth of a core.
func groupWithQuota(t *testing.T) string {
	t.Helper()
	for _, dir := range groupDirs("cpu") {
		group, err := os.MkdirTemp(dir, "rtbench")
		if err != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(group) })
		for name, quota := range map[string]string{"cpu.cfs_quota_us": "10000", "cpu.max": "10000 100000"} {
			if os.WriteFile(filepath.Join(group, name), []byte(quota), 0o600) == nil {
				return group
			}
		}
	}
	t.Skip("no control group with a quota can be made here")
	return ""
}

// A real process under a real quota is throttled.
func TestThrottledByTheKernel(t *testing.T) {
	group := groupWithQuota(t)
	p := busy.Start(t)
	if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(p.PID)), 0o600); err != nil {
		t.Skip("the process cannot be moved:", err)
	}
	p.Work()
	p.End()
	if got := throttled([]string{group}); got <= 0 {
		t.Errorf("throttled for %v", got)
	}
	if got := coreLimit([]string{group}); got != 0.1 {
		t.Errorf("%v cores, want 0.1", got)
	}
}

func TestReadMachineGrows(t *testing.T) {
	a := ReadMachine()
	b := ReadMachine()
	if b.Steal < a.Steal || b.Throttled < a.Throttled || b.Pressure < a.Pressure {
		t.Errorf("%+v, then %+v", a, b)
	}
}
