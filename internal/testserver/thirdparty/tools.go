//go:build linux

package thirdparty

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

//go:embed python node nginx proto
var files embed.FS

// A tool returns a description of a missing prerequisite, or "".
type tool func() string

// require skips or fails the test if a prerequisite is missing.
func require(t testing.TB, needs []tool) {
	t.Helper()
	for _, missing := range needs {
		reason := missing()
		if reason == "" {
			continue
		}
		if os.Getenv("RTBENCH_THIRDPARTY") == "require" {
			t.Fatalf("%s; run .ci/thirdparty to install it", reason)
		}
		t.Skipf("%s; run .ci/thirdparty to install it", reason)
	}
}

// Python returns the interpreter that has the modules. If one is missing the test is skipped,
// or fails if RTBENCH_THIRDPARTY is "require".
func Python(t testing.TB, modules ...string) string {
	t.Helper()
	for _, name := range modules {
		require(t, []tool{pythonModule(name)})
	}
	return python
}

func program(name string) tool {
	return func() string {
		if _, err := exec.LookPath(name); err != nil {
			return name + " is not installed"
		}
		return ""
	}
}

func pythonModule(name string) tool {
	return sync.OnceValue(func() string {
		// find_spec does not import the module, which can take a second.
		find := "import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is None)"
		if err := exec.Command(python, "-c", find, name).Run(); err != nil {
			return fmt.Sprintf("%s has no module %s", python, name)
		}
		return ""
	})
}

func nodeModule(name string) tool {
	return func() string {
		if _, err := os.Stat(filepath.Join(modules(), name, "package.json")); err != nil {
			return "node has no module " + name
		}
		return ""
	}
}

// modules returns the directory of the Node modules that .ci/thirdparty installs, "" if there
// is no cache directory.
func modules() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "rtbench-thirdparty", "node_modules")
}

// unpack copies the named files into dir without their directories. A directory is copied with
// its path because .proto files import each other by path.
func unpack(dir string, names []string) error {
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, filepath.Base(name)), text, 0o644)
		} else if tree, notTree := fs.Sub(files, name); notTree == nil {
			err = os.CopyFS(filepath.Join(dir, name), tree)
		}
		if err != nil {
			return fmt.Errorf("unpacking %s: %w", name, err)
		}
	}
	return nil
}
