package live

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableANSI says whether a terminal knows the codes that move the cursor. A console of
// Windows is asked to.
func enableANSI(out *os.File) bool {
	var mode uint32
	h := windows.Handle(out.Fd())
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
