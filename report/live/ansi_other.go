//go:build !windows

package live

import "os"

// enableANSI says whether a terminal knows the codes that move the cursor.
func enableANSI(*os.File) bool { return true }
