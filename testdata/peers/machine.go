package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// machine returns the text above the tables.
func machine(ctx context.Context, p *plan, t tools) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured %s: %s, %d cores, %s, %s; both ends on this machine.\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), cpuModel(), runtime.NumCPU(),
		output(ctx, "uname", "-srm"), runtime.Version())
	fmt.Fprintf(&b, "Each contender ran %d times for %d s, interleaved; values are medians.\n", p.repetitions, p.seconds)
	var versions []string
	for name, tool := range t {
		if tool.version != "" && name != "grpc-server" {
			versions = append(versions, strings.Replace(name, "grpc-client", "grpc-go", 1)+" "+tool.version)
		}
	}
	slices.Sort(versions)
	if len(versions) > 0 {
		fmt.Fprintf(&b, "Peers: %s.\n", strings.Join(versions, ", "))
	}
	return b.String()
}

func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return runtime.GOARCH
}

func output(ctx context.Context, name string, args ...string) string {
	out, _ := exec.CommandContext(ctx, name, args...).Output()
	return strings.TrimSpace(string(out))
}

// busy returns the CPU time of all cores so far, including time stolen by the hypervisor; 0 if
// it is unknown.
func busy() time.Duration {
	stat, _ := os.ReadFile("/proc/stat")
	first, _, _ := strings.Cut(string(stat), "\n")
	fields := strings.Fields(first) // cpu user nice system idle iowait irq softirq steal …
	if len(fields) < 9 {
		return 0
	}
	var ticks int64
	for i, f := range fields[1:9] {
		if n, err := strconv.ParseInt(f, 10, 64); err == nil && i != 3 && i != 4 {
			ticks += n
		}
	}
	return time.Duration(ticks) * (time.Second / 100)
}
