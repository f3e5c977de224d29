package result

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// Only one of several concurrent claims succeeds.
func TestClaimIsExclusive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "r")
	const claims = 20
	var got [claims]*Directory
	var errs [claims]error
	var all sync.WaitGroup
	for i := range claims {
		all.Go(func() { got[i], errs[i] = Claim(path) })
	}
	all.Wait()
	won := slices.IndexFunc(got[:], func(d *Directory) bool { return d != nil })
	for i, err := range errs {
		var taken *TakenError
		if i != won && !errors.As(err, &taken) {
			t.Errorf("claim %d: %v", i, err)
		}
	}
	if won < 0 {
		t.Fatal("no claim succeeded")
	}
	got[won].Release()
}

// Concurrent calls with the same path create different directories.
func TestMakeNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "r")
	const dirs = 20
	var names [dirs]string
	var all sync.WaitGroup
	for i := range dirs {
		all.Go(func() {
			var err error
			if names[i], _, err = MakeNew(path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	slices.Sort(names[:])
	if n := len(slices.Compact(names[:])); n != dirs {
		t.Errorf("%d distinct names of %d", n, dirs)
	}
}

// WriteFile replaces a file atomically; CreateFile never replaces one.
func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "f"), filepath.Join(dir, "link")
	if err := errors.Join(CreateFile(path, []byte("1")), os.Symlink(path, link), WriteFile(link, []byte("2"))); err != nil {
		t.Fatal(err)
	}
	if err := CreateFile(path, []byte("3")); !errors.Is(err, os.ErrExist) {
		t.Errorf("creating a file that exists: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "2" {
		t.Errorf("read %q, %v", b, err)
	}
	if err := WriteFile(dir, nil); err == nil {
		t.Error("a file replaced a directory")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("the directory holds %v, %v; want f and link", entries, err)
	}
}
