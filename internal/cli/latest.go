package cli

import (
	"fmt"
	"os"
	"path/filepath"
)

// latestName is the link beside the results that points at the newest.
const latestName = "latest"

// pointLatest lets the link "latest" beside a result directory point at it. It replaces a link only,
// never a file or directory, and does nothing where links are not allowed, as on Windows by default.
func pointLatest(dir string) {
	link := filepath.Join(filepath.Dir(dir), latestName)
	if at, err := os.Lstat(link); err == nil && at.Mode()&os.ModeSymlink == 0 {
		return
	}
	// Renaming replaces the link at once: another rtbench may read it.
	fresh := fmt.Sprintf("%s.%d", link, os.Getpid())
	if os.Symlink(filepath.Base(dir), fresh) != nil {
		return
	}
	if os.Rename(fresh, link) != nil {
		_ = os.Remove(fresh)
	}
}
