//go:build !windows

package live

import "os"

// enableANSI reports whether the terminal understands ANSI escape sequences.
func enableANSI(*os.File) bool { return true }
