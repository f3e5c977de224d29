package clock

import (
	"os"
	"strings"
)

// ID identifies the clock of Now: processes with the same one read the same clock. On Linux that is the boot of
// the machine and the time namespace, elsewhere the host's name.
func ID() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		name, _ := os.Hostname()
		return "host " + name
	}
	id := strings.TrimSpace(string(boot))
	if space, err := os.Readlink("/proc/self/ns/time"); err == nil {
		id += " " + space
	}
	return id
}
