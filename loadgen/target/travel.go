package target

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"rtbench/scenarios"
)

// maxTravel limits the files of a scenario that travel to other machines, in bytes.
const maxTravel = 64 << 20

// Travel returns the files that a scenario names, for another machine: for each name its files by path, of
// which an empty one is the named file itself. Files with secrets are left out: keys, tokens, and rows that
// an authenticate step uses or whose columns suggest secrets.
func Travel(s *scenarios.Scenario) (map[string]map[string][]byte, error) {
	all, size := map[string]map[string][]byte{}, 0
	for _, f := range s.Files() {
		if f.Secret || f.Name == s.Custom.Rows.File && secretRows(s) {
			continue
		}
		files, err := readNamed(s.Resolve(f.Name), f.Protos)
		if f.Protos && errors.Is(err, fs.ErrNotExist) {
			continue // it is in a directory of import
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		for _, b := range files {
			size += len(b)
		}
		if size > maxTravel {
			return nil, fmt.Errorf("the files of scenario %s have more than %d MB; expected less, to send them to agents", s.Name, maxTravel>>20)
		}
		all[f.Name] = files
	}
	return all, nil
}

// secretRows reports whether the rows of a scenario hold secrets.
func secretRows(s *scenarios.Scenario) bool {
	t := s.Custom
	rows, err := readRows(s.Resolve(t.Rows.File), t.Rows.File)
	if err != nil {
		return true
	}
	probe := &Custom{}
	probe.collectRowSecrets(rows, slices.Concat(t.Opening, t.Closing))
	return len(probe.secrets) > 0
}

// readNamed reads a file or, for .proto files, its directory, since they import each other.
func readNamed(path string, protos bool) (map[string][]byte, error) {
	if !protos {
		b, err := os.ReadFile(path)
		return map[string][]byte{"": b}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	files, dir := map[string][]byte{}, path
	if !info.IsDir() {
		dir = filepath.Dir(path)
		if files[""], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	err = filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() || filepath.Ext(at) != ".proto":
			return nil
		case len(files) > 1000:
			return errors.New("found more than 1000 .proto files; expected fewer")
		}
		name, err := filepath.Rel(dir, at)
		if err == nil {
			files[filepath.ToSlash(name)], err = os.ReadFile(at)
		}
		return err
	})
	return files, err
}

// Place writes the files that another machine has sent below dir, and makes the scenario find them there.
func Place(s *scenarios.Scenario, files map[string]map[string][]byte, dir string) error {
	placed := map[string]string{}
	for name, list := range files {
		at := filepath.Join(dir, fmt.Sprint(len(placed)))
		_, single := list[""]
		placed[name] = at
		if single {
			placed[name] = filepath.Join(at, filepath.Base(name))
		}
		for path, b := range list {
			to := filepath.Join(at, filepath.FromSlash(path))
			if path == "" {
				to = placed[name]
			}
			if path != "" && !filepath.IsLocal(path) || !filepath.IsLocal(filepath.Base(name)) {
				return fmt.Errorf("the file %s of %s would be in another directory", path, name)
			}
			if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
				return err
			}
			if err := os.WriteFile(to, b, 0o600); err != nil {
				return err
			}
		}
	}
	s.Place(placed)
	return nil
}
