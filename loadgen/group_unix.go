//go:build unix

package loadgen

import "syscall"

// ownGroup keeps the terminal's Ctrl-C from the server: the generator ends it.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
