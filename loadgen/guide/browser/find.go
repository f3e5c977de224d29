package browser

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"rtbench/loadgen/guide/probe"
)

const installHint = "install it (Debian: apt-get install chromium; macOS: brew install --cask chromium) or set --browser FILE"

// Find returns the Chromium to run: path if it is not empty, otherwise the first one on the
// PATH or in the usual places. Its error is a probe.ErrMissing that tells how to get one.
func Find(path string) (string, error) {
	if path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", probe.ErrMissing{Reason: fmt.Sprintf("cannot run the browser %s: %v; %s", path, err, installHint)}
		}
		return found, nil
	}
	for _, place := range candidates() {
		if found, err := exec.LookPath(place); err == nil {
			return found, nil
		}
	}
	return "", probe.ErrMissing{Reason: "Chromium not found; " + installHint}
}

// candidates lists names to look up on the PATH, then files.
func candidates() []string {
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless_shell"}
	switch runtime.GOOS {
	case "darwin":
		return append(
			names,
			"/Applications/Chromium.app/Contents/MacOS/Chromium",
			"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
		)
	case "windows":
		for _, variable := range []string{"ProgramFiles", "ProgramFiles(x86)", "LocalAppData"} {
			if dir := os.Getenv(variable); dir != "" {
				names = append(
					names,
					filepath.Join(dir, `Google\Chrome\Application\chrome.exe`),
					filepath.Join(dir, `Chromium\Application\chrome.exe`),
					filepath.Join(dir, `Microsoft\Edge\Application\msedge.exe`), // Chromium-based
				)
			}
		}
		return names
	}
	return append(names, "/usr/local/bin/chrome", "/snap/bin/chromium")
}
