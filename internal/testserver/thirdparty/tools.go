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

// A tool says what is missing of it, or nothing.
type tool func() string

// require skips the test where a tool is missing, or fails it.
func require(t testing.TB, needs []tool) {
	t.Helper()
	for _, missing := range needs {
		what := missing()
		if what == "" {
			continue
		}
		if os.Getenv("RTBENCH_THIRDPARTY") == "require" {
			t.Fatalf("%s, which .ci/thirdparty installs", what)
		}
		t.Skipf("%s, which .ci/thirdparty installs", what)
	}
}

// Python returns the interpreter that has the modules. Without them it skips the test, or fails
// it if RTBENCH_THIRDPARTY is "require".
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
			return "there is no " + name
		}
		return ""
	}
}

func pythonModule(name string) tool {
	return sync.OnceValue(func() string {
		// The module is looked for, not run: importing one can take a second.
		find := "import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is None)"
		if err := exec.Command(python, "-c", find, name).Run(); err != nil {
			return fmt.Sprintf("%s has no %s", python, name)
		}
		return ""
	})
}

func nodeModule(name string) tool {
	return func() string {
		if _, err := os.Stat(filepath.Join(modules(), name, "package.json")); err != nil {
			return "node has no " + name
		}
		return ""
	}
}

// modules is where .ci/thirdparty puts node's modules; empty where there can be none.
func modules() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "rtbench-thirdparty", "node_modules")
}

// unpack copies the named files into dir, without their directories. A name that is a
// directory is copied with its path, which .proto files import.
func unpack(dir string, names []string) error {
	for _, name := range names {
		err := fs.WalkDir(files, name, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			to := filepath.Join(dir, path)
			if path == name {
				to = filepath.Join(dir, filepath.Base(name))
			}
			text, err := files.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				return err
			}
			return os.WriteFile(to, text, 0o644)
		})
		if err != nil {
			return fmt.Errorf("unpacking %s: %w", name, err)
		}
	}
	return nil
}
