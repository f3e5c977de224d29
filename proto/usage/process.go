package usage

import "fmt"

// ReadProcess takes a reading of another process of this machine: CPU, RunQueue and RSS;
// the rest is what only that process knows and stays 0. The error says that there is no such
// process, that it has ended, that it may not be read, or that this system does not tell. It
// may be called from any goroutine.
//
// Note: the number of a process that has ended may be given to another one.
func ReadProcess(pid int) (Usage, error) {
	if pid <= 0 {
		return Usage{}, fmt.Errorf("%d is no process: expected a number above 0", pid)
	}
	return readProcess(pid)
}
