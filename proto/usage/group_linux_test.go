package usage

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rtbench/internal/testserver/busy"
)

// The values of version 2, as the kernel writes them. The quota and its throttling are those of the closest ancestor
// that has one.
func TestGroupRead(t *testing.T) {
	t.Parallel()
	pod := groupFiles(t, map[string]string{
		"cgroup.procs": "", "cpu.max": "50000 100000\n", "memory.max": "2000000\n",
		"cpu.stat": "usage_usec 9000\nnr_periods 40\nnr_throttled 10\nthrottled_usec 7000\n",
	})
	app := filepath.Join(pod, "app")
	if err := os.Mkdir(app, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"cgroup.procs": "", "cpu.max": "max 100000\n", "cpu.stat": "usage_usec 5000\nuser_usec 4000\n",
		"memory.current": "1000000\n", "memory.peak": "1500000\n", "memory.max": "max\n",
	} {
		if err := os.WriteFile(filepath.Join(app, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g, err := GroupAt(app + "/")
	if err != nil {
		t.Fatal(err)
	}
	got, err := g.Read()
	want := GroupUsage{
		CPU: 5 * time.Millisecond, Quota: 0.5, Periods: 40, ThrottledPeriods: 10, Throttled: 7 * time.Millisecond,
		Memory: 1000000, MemoryPeak: 1500000, MemoryLimit: 2000000,
	}
	if err != nil || got != want || g.Name != app {
		t.Errorf("%s: %+v, %v, want %+v", g.Name, got, err, want)
	}
	if err := os.RemoveAll(app); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Read(); err == nil || !strings.Contains(err.Error(), "may have been removed") {
		t.Error(err)
	}
	if _, err := GroupAt(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is not the directory of a control group") {
		t.Error(err)
	}
}

func TestIsContainer(t *testing.T) {
	t.Parallel()
	const id = "3f4e5d6c7b8a9f0e1d2c3b4a5f6e7d8c9b0a1f2e3d4c5b6a7f8e9d0c1b2a3f4e"
	for _, path := range []string{
		"/docker/" + id, "/system.slice/docker-" + id + ".scope", "/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope", "/kubepods/besteffort/pod1/" + id,
	} {
		if !isContainer(path, id) || !isContainer(path, id[:12]) || isContainer(path, "4f4e5d6c7b8a") {
			t.Error(path)
		}
	}
	if isContainer("/", id) || isContainer("/system.slice/ssh.service", id) {
		t.Error("a service is a container")
	}
}

// A real process under a real quota: its group reports CPU time and throttling.
func TestGroupOfThrottledProcess(t *testing.T) {
	dir := groupWithQuota(t)
	p := busy.Start(t)
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(p.PID)), 0o600); err != nil {
		t.Skip("the process cannot be moved:", err)
	}
	p.Work()
	at, errAt := GroupAt(dir)
	of, errOf := GroupOf(p.PID)
	if errAt != nil || errOf != nil {
		t.Fatal(errAt, errOf)
	}
	for _, g := range []Group{at, of} {
		u, err := g.Read()
		if err != nil && strings.Contains(dir, "/cpu/") { // version 1 has the CPU time in another hierarchy
			t.Log(err)
			continue
		}
		if err != nil || u.Quota != 0.1 || u.Throttled <= 0 || u.ThrottledPeriods == 0 || u.Periods < u.ThrottledPeriods {
			t.Errorf("%s: %+v, %v", g.Name, u, err)
		}
	}
}

// A real group of version 2 reports CPU time, with or without controllers.
func TestGroupOfVersion2(t *testing.T) {
	t.Parallel()
	for _, parent := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(filepath.Join(parent, "cgroup.controllers")); err != nil {
			continue
		}
		dir, err := os.MkdirTemp(parent, "rtbench")
		if err != nil {
			t.Skip("no control group can be made here:", err)
		}
		t.Cleanup(func() { _ = os.Remove(dir) })
		p := busy.Start(t)
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(p.PID)), 0o600); err != nil {
			t.Skip("the process cannot be moved:", err)
		}
		p.Work()
		p.End()
		g, err := GroupAt(dir)
		if err != nil {
			t.Fatal(err)
		}
		if u, err := g.Read(); err != nil || u.CPU <= 0 {
			t.Errorf("%+v, %v", u, err)
		}
		return
	}
	t.Skip("no control groups of version 2 are mounted at /sys/fs/cgroup")
}
