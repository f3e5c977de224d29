//go:build unix

package loadgen

import (
	"os"
	"syscall"
)

// ownGroup keeps the terminal's Ctrl-C from the server: the generator ends it.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// signalGroup signals a process that ownGroup started, and all that it has started.
func signalGroup(p *os.Process, s os.Signal) {
	if n, ok := s.(syscall.Signal); ok {
		_ = syscall.Kill(-p.Pid, n)
	}
}

// killRest kills what is left of the group of a process that has ended.
func killRest(p *os.Process) { signalGroup(p, syscall.SIGKILL) }

// shellCommand is the command that has the shell run a command line. Arguments after it are
// the line's "$@".
func shellCommand(line string) []string { return []string{"sh", "-c", line, "sh"} }
