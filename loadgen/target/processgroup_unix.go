//go:build unix

package target

import (
	"os"
	"syscall"
)

// newProcessGroup keeps the terminal's Ctrl-C from the server; the generator stops it.
func newProcessGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// signalGroup signals the process group of p.
func signalGroup(p *os.Process, s os.Signal) {
	if n, ok := s.(syscall.Signal); ok {
		_ = syscall.Kill(-p.Pid, n)
	}
}

// killGroup kills the rest of the group of a process that has exited.
func killGroup(p *os.Process) { signalGroup(p, syscall.SIGKILL) }

// shellCommand runs a command line in the shell. Arguments appended to it become "$@".
func shellCommand(line string) []string { return []string{"sh", "-c", line, "sh"} }
