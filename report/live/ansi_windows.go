package live

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableANSI enables ANSI escape sequences on a Windows console and reports whether that succeeded.
func enableANSI(out *os.File) bool {
	var mode uint32
	h := windows.Handle(out.Fd())
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
