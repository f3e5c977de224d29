package browser

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"rtbench/loadgen/guide/probe"
)

const installHint = "Debian has it: apt-get install chromium; macOS: brew install --cask chromium; or name one: --browser FILE"

// Find returns the Chromium to run: path, or where that is empty the first one of the
// PATH and of the usual places. Its error is a probe.ErrMissing that says how to get
// one.
func Find(path string) (string, error) {
	if path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", probe.ErrMissing{Reason: fmt.Sprintf("the browser %s cannot be run: %v. %s", path, err, installHint)}
		}
		return found, nil
	}
	for _, place := range candidates() {
		if found, err := exec.LookPath(place); err == nil {
			return found, nil
		}
	}
	return "", probe.ErrMissing{Reason: "no Chromium was found. " + installHint}
}

// candidates are names for the PATH, then files.
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
					filepath.Join(dir, `Microsoft\Edge\Application\msedge.exe`), // a Chromium too
				)
			}
		}
		return names
	}
	return append(names, "/usr/local/bin/chrome", "/snap/bin/chromium")
}
