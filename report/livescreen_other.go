//go:build !windows

package report

import "os"

// understands says whether a terminal knows the codes that move the cursor.
func understands(*os.File) bool { return true }
