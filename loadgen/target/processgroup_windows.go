package target

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// newProcessGroup keeps the console's Ctrl-C from the server; the generator stops it.
func newProcessGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// signalGroup ends p and its descendants if s is os.Kill. Windows has no other signal.
func signalGroup(p *os.Process, s os.Signal) {
	if s == os.Kill {
		_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run()
		_ = p.Kill()
	}
}

// killGroup does nothing: Windows forgets the descendants of a process that has exited.
func killGroup(*os.Process) {}

// shellCommand runs a command line, and any arguments appended to it, in the shell.
func shellCommand(line string) []string { return []string{"cmd", "/c", line} }
