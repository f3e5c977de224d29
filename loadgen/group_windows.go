package loadgen

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// ownGroup keeps the console's Ctrl-C from the server: the generator ends it.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// signalGroup ends a process and all that it has started, if s is os.Kill: Windows knows no
// other signal.
func signalGroup(p *os.Process, s os.Signal) {
	if s == os.Kill {
		_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.Pid)).Run()
		_ = p.Kill()
	}
}

// killRest does nothing: of a process that has ended Windows no longer knows whom it started.
func killRest(*os.Process) {}

// shellCommand is the command that has the shell run a command line, with the arguments
// after it.
func shellCommand(line string) []string { return []string{"cmd", "/c", line} }
